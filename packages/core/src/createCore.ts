import { createScheduler, endsWithin } from '@chasqui/foundation';
import { createAccounts } from './accounts/accounts';
import { createBlocks } from './blocks/blocks';
import { createLocalConversations } from './cache/conversationCache';
import { createLocations } from './cache/messageLocations';
import type { ChatCore } from './chatCore';
import { createBacklogReader } from './connection/backlog/backlogReader';
import { createConnections } from './connection/live/connections';
import { createOpenConnection } from './connection/live/openConnection';
import { acceptContact } from './consent/acceptContact';
import { createConsent } from './consent/consent';
import { createAfterRefusal } from './consent/refusedSend';
import type { ChangeDeps } from './conversations/changeDeps';
import { createConversations } from './conversations/conversations';
import { readConversation } from './conversations/read/readConversation';
import type { CoreDeps } from './coreDeps';
import { createFanOut } from './fanout/fanOut';
import { createLocalConnections } from './fanout/localConnections';
import { createTypingBoard } from './fanout/typing';
import { createWakeAbsent } from './fanout/wakeAbsent';
import { createMembers } from './members/members';
import { createMessages } from './messages/messages';
import { readMessageById } from './messages/readMessages';
import { createAcknowledgements } from './receipts/acknowledgements';
import { createReceipts } from './receipts/receipts';
import { createOutcomeTracker } from './reconcile/outcomeTracker';
import { createReconciler } from './reconcile/poll';
import { createReconcileSchedule } from './reconcile/reconcileSchedule';
import { createEventRepair } from './reconcile/replayEvents';
import { createSender } from './send/sender';
import { createSync } from './sync/sync';

const OVERDUE_CHECK_MS = 500;

/** Composes the chat core of one node. Opens nothing by itself; `stop` ends its timers. */
export function createCore(deps: CoreDeps): ChatCore {
  const { db, bus, clock, log, gauges, wakeups } = deps;
  const scheduler = createScheduler({ clock, log });
  const schedule = createReconcileSchedule({ bus, clock, scheduler, recheckMs: deps.recheckMs });
  const { outcomeUnknown: onUnknown, announcementDropped: onMissed } = schedule;
  const changes = createOutcomeTracker(onUnknown);
  const { track } = changes;
  const locations = createLocations(clock);
  const connections = createLocalConnections();
  const conversations = createLocalConversations({ db, clock, log, onMissed });
  const wakeAbsent = createWakeAbsent(connections, wakeups);
  const typing = createTypingBoard({ clock, conversations, connections });
  const backlogs = createBacklogReader({ db, clock, log, gauges, connections });
  const local = { connections, conversations, locations, backlogs };
  const fanOut = createFanOut({ ...local, bus, typing });
  const announced = { db, clock, log, announce: fanOut };
  const acknowledgements = createAcknowledgements({
    ...announced,
    onUnknown,
    onCleared: wakeAbsent,
  });
  const { watermarks, recountUnread } = acknowledgements;
  const { defaultS, maxS } = deps.retention ?? { defaultS: null, maxS: null };
  const change: ChangeDeps = {
    db,
    announce: fanOut,
    retentionS: defaultS ?? maxS,
    contactPolicy: deps.contactPolicy ?? 'open',
    wake: (userIds) => wakeups.enqueueAfterCommit(userIds),
    onAccepted: (userId, otherId) => deps.onAccepted?.(userId, otherId),
  };
  const readMessage = (messageId: string) => readMessageById(db, messageId);
  const afterRefusal = createAfterRefusal({
    db,
    accept: (userId, conversationId) => track(acceptContact(change, userId, conversationId)),
  });
  const sender = createSender({ ...deps, readMessage, afterRefusal, fanOut });
  const onLeft = (userId: string): void => wakeAbsent([userId]);
  const sync = createSync({ db, clock });
  const { positionOf } = sync;
  const open = createOpenConnection({
    ...{ db, clock, gauges, ...local, sender, watermarks, positionOf, onLeft },
  });
  const repair = createEventRepair({
    ...{ db, fanOut, connections, conversations },
    readConversation: (userId, id) => readConversation(change, userId, id),
  });
  const reconciler = createReconciler({ db, connections, log, repair });

  const unsubscribe = [
    bus.subscribe((notification) => fanOut.deliver(notification)),
    bus.onRecovered(() => {
      conversations.forgetAll();
      schedule.busRecovered();
    }),
  ];
  schedule.start({ reconcile: reconciler.run, after: backlogs.releaseBlocked });
  scheduler.every(() => OVERDUE_CHECK_MS, connections.replyOverdue);

  return {
    messages: createMessages({ change, track, sender, recountUnread }),
    conversations: createConversations({ change, track, maxRetentionS: maxS }),
    members: createMembers({ change, track }),
    consent: createConsent({ change, track }),
    receipts: createReceipts({ db, watermarks }),
    sync,
    blocks: createBlocks({ change, track }),
    accounts: createAccounts({ change, track, clock, recountUnread }),
    connections: createConnections({ db, clock, fanOut, open, local: connections }),

    isRepeatingEvents: schedule.isInDoubt,
    async stop(withinMs) {
      scheduler.stop();
      schedule.stop();
      typing.stop();
      const idle = Promise.all([sender.idle(), changes.idle()]).then(() => acknowledgements.idle());
      // What is committed later is announced by nobody.
      if (!(await endsWithin(idle, withinMs, clock))) onUnknown();
      // Until then the other nodes must count this one as a server, whose death they react to.
      for (const off of unsubscribe) off();
      acknowledgements.stop();
    },
  };
}
