import type { Database } from '@chasqui/db';
import { type Clock, createScheduler, type Log } from '@chasqui/foundation';
import { createAccounts } from './accounts/accounts';
import { createBlocks } from './blocks/blocks';
import { createLocalConversations } from './cache/conversationCache';
import { createLocations } from './cache/messageLocations';
import type { ChatCore } from './chatCore';
import { createBacklogReader } from './connection/backlogReader';
import { createConnections } from './connection/connections';
import { createLiveConnections } from './connection/liveConnections';
import { acceptContact } from './consent/acceptContact';
import type { ContactPolicy } from './consent/admission';
import { createConsent } from './consent/consent';
import { createConsentingSender } from './consent/sendOutcome';
import { createConversations } from './conversations/conversations';
import { readConversation } from './conversations/read/readConversation';
import { createFanOut } from './fanout/fanOut';
import { createLocalConnections } from './fanout/localConnections';
import { createTypingBoard } from './fanout/typing';
import { createMembers } from './members/members';
import { createMessages } from './messages/messages';
import { readMessageById } from './messages/readMessages';
import type { Bus, Gauges, Wakeups } from './ports/index';
import { createPendingCleaner } from './receipts/clearPending';
import { createReceipts } from './receipts/receipts';
import { createUnreadRecount } from './receipts/unread/recountUnread';
import { createStatusAnnouncer } from './receipts/statusAnnouncer';
import { createUnreadAnnouncer } from './receipts/unread/unreadAnnouncer';
import { type Advance, createWatermarks } from './receipts/watermarks';
import { createOutcomeTracker } from './reconcile/outcomeTracker';
import { createRecheck } from './reconcile/poll';
import { createEventRepair } from './reconcile/replayEvents';
import { createSender } from './send/sender';
import { createSync } from './sync/sync';

export interface CoreDeps {
  db: Database;
  bus: Bus;
  wakeups: Wakeups;
  clock: Clock;
  gauges: Gauges;
  log: Log;
  /** How often the node looks in PostgreSQL for hints that were lost. */
  recheckMs: number;
  /** First delay of the backoff for a recipient who is offline, milliseconds (D5). */
  firstDelayMs: number;
  /** Seconds that new conversations keep content, and that any may keep it; null: for ever. */
  retention?: RetentionLimits;
  /** What strangers meet; left out: open. */
  contactPolicy?: ContactPolicy;
  /** One of these two accepted a conversation that the other started. Must not throw. */
  onAccepted?: (userId: string, otherId: string) => void;
}

export interface RetentionLimits {
  defaultS: number | null;
  maxS: number | null;
}

/** While hints cannot travel, and for some time after, the node looks itself (D11). */
const RECHECK_IN_DOUBT_MS = 2_000;
/**
 * After trouble is over something may still be on its way: a statement that PostgreSQL comes to only now,
 * a node that could not say yet what it had committed.
 */
const IN_DOUBT_MS = 30_000;
const OVERDUE_CHECK_MS = 500;

/** Composes the chat core of one node. Opens nothing by itself; `stop` ends its timers. */
export function createCore(deps: CoreDeps): ChatCore {
  const { db, bus, clock, log, gauges } = deps;
  const locations = createLocations(clock);
  const scheduler = createScheduler({ clock, log });
  let inDoubtUntil = 0;
  let busWorked = bus.connected();
  const isInDoubt = (): boolean => !bus.connected() || clock.now() < inDoubtUntil;
  const look = (): void => {
    inDoubtUntil = clock.now() + IN_DOUBT_MS;
    void recheck.run(true);
  };
  // Members could not be read, so something was not announced: look when the store may be back.
  const lookSoon = scheduler.soon(1_000, look);
  // Committed, perhaps, and its answer lost: nobody announced it, and its repeat will find nothing to do.
  const lookForUnknown = scheduler.soon(250, () => {
    bus.lost();
    look();
  });
  const track = createOutcomeTracker(lookForUnknown);
  const connections = createLocalConnections();
  const conversations = createLocalConversations({ db, clock, log, onMissed: lookSoon });
  const typing = createTypingBoard({ clock, conversations, connections });
  const backlogs = createBacklogReader({ db, clock, log, gauges, connections });
  const fanOut = createFanOut({
    ...{ bus, conversations, connections, locations, typing, backlogs },
  });
  const pending = createPendingCleaner({ db, clock, log, onCleared: wakeAbsent });
  const unread = createUnreadAnnouncer({ db, clock, log, announce: fanOut });
  const recountUnread = createUnreadRecount({ db, log, unread });
  const statuses = createStatusAnnouncer({ clock, announce: fanOut });
  const watermarks = createWatermarks({ db, onAdvanced, onUnknown: lookForUnknown });
  const sender = createConsentingSender({
    db,
    sender: createSender({
      db,
      clock,
      log,
      gauges,
      firstDelayMs: deps.firstDelayMs,
      readMessage: (messageId) => readMessageById(db, messageId),
      fanOut,
      wakeups: deps.wakeups,
    }),
    accept: (userId, conversationId) => track(acceptContact(change, userId, conversationId)),
  });
  const live = createLiveConnections({
    db,
    clock,
    gauges,
    connections,
    locations,
    backlogs,
    sender,
    watermarks,
    onLeft: (userId) => wakeAbsent([userId]),
  });
  const { defaultS, maxS } = deps.retention ?? { defaultS: null, maxS: null };
  const change = {
    ...{ db, announce: fanOut, retentionS: defaultS ?? maxS },
    contactPolicy: deps.contactPolicy ?? 'open',
    wake: (userIds: string[]) => deps.wakeups.enqueueAfterCommit(userIds),
    onAccepted: (userId: string, otherId: string) => deps.onAccepted?.(userId, otherId),
  };
  const recheck = createRecheck({
    db,
    connections,
    log,
    repair: createEventRepair({
      db,
      connections,
      conversations,
      readConversation: (userId, id) => readConversation(change, userId, id),
      fanOut,
    }),
  });

  const unsubscribe = [
    bus.subscribe((notification) => fanOut.deliver(notification)),
    bus.onRecovered(() => {
      conversations.forgetAll();
      // The first time is the node's own beginning, and no trouble.
      if (busWorked) look();
      else void recheck.run(true);
      busWorked = true;
    }),
  ];
  scheduler.every(
    () => (isInDoubt() ? Math.min(RECHECK_IN_DOUBT_MS, deps.recheckMs) : deps.recheckMs),
    async () => {
      await recheck.run(isInDoubt());
      await backlogs.releaseBlocked();
    },
  );
  scheduler.every(
    () => OVERDUE_CHECK_MS,
    () => {
      for (const connection of connections.all()) {
        if (connection.hasPendingReplies()) connection.replyOverdue();
      }
    },
  );

  /**
   * A send asks for a wake-up only when it sets a mark. A user who leaves in the middle of a chat leaves a mark behind
   * that hides the sends that follow, so the wake-up is requested here instead (D5). The request makes a job only
   * if something really waits.
   */
  function wakeAbsent(userIds: string[]): void {
    const absent = userIds.filter((userId) => !connections.has(userId));
    if (absent.length > 0) deps.wakeups.enqueueAfterCommit(absent);
  }

  function onAdvanced(advances: Advance[]): void {
    statuses.announce(advances);
    for (const { userId, conversationId, deviceNo, readMoved } of advances) {
      if (readMoved) unread.changed(userId, conversationId);
      if (deviceNo !== null) pending.acknowledged(userId, conversationId);
    }
  }

  return {
    messages: createMessages({ change, track, sender, recountUnread }),
    conversations: createConversations({ change, track, maxRetentionS: maxS }),
    members: createMembers({ change, track }),
    consent: createConsent({ change, track }),
    receipts: createReceipts({ db, watermarks }),
    sync: createSync({ db, clock }),
    blocks: createBlocks(change),
    accounts: createAccounts({ change, track, clock, recountUnread }),
    connections: createConnections({ db, clock, fanOut, live, local: connections }),

    async stop(withinMs) {
      scheduler.stop();
      for (const off of unsubscribe) off();
      typing.stop();
      statuses.stop();
      unread.stop();
      const rest = (async () => {
        await sender.idle();
        await watermarks.idle();
        await pending.flush();
      })();
      await Promise.race([
        rest,
        new Promise<void>((resolve) => clock.setTimeout(resolve, withinMs)),
      ]);
      pending.stop();
    },
  };
}
