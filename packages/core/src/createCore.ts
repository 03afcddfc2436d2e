import { type Database, guarded, readCursorKey } from '@chasqui/db';
import { type Clock, createTimetable, type Log } from '@chasqui/foundation';
import { type Bar, NotFoundError, type Receipt, UnavailableError } from '@chasqui/protocol';
import { createWatermarks, type Advance } from './receipts/watermarks';
import { exportConversations } from './accounts/exportConversations';
import { finishDeletion } from './accounts/finishDeletion';
import { acceptContact } from './consent/acceptContact';
import { acceptRequest } from './consent/requests/acceptRequest';
import type { ContactPolicy } from './consent/admission';
import { declineRequest } from './consent/requests/declineRequest';
import { exportRequests } from './consent/requests/exportRequests';
import { listInvited } from './consent/invitations/listInvited';
import { listRequests, readRequest } from './consent/requests/listRequests';
import { changePrivacy, readPrivacy } from './consent/privacy';
import { createConsentingSender } from './consent/sendOutcome';
import { blockUser, unblockUser } from './blocks/blockUser';
import { listBlocks } from './blocks/listBlocks';
import { addParticipant } from './members/addParticipant';
import { changeRole } from './members/changeRole';
import { createDirect } from './conversations/createDirect';
import { createGroup, findOrCreateGroup } from './conversations/group/createGroup';
import { listConversations } from './conversations/read/listConversations';
import { listParticipants } from './members/listParticipants';
import { presenceAudience } from './members/presenceAudience';
import { changeConversation } from './conversations/changeConversation';
import { readConversation } from './conversations/read/readConversation';
import { readConversations } from './conversations/read/readConversations';
import { removeParticipant } from './members/removeParticipant';
import { sharesConversation } from './members/sharesConversation';
import type { AckTarget, Delivery, SendRequest, SendResult } from './chatCore';
import { createRecount } from './receipts/recountUnread';
import { createHub, type Hub } from './fanout/hub';
import { createLiveConnections } from './connection/liveConnections';
import { createLocalConnections } from './fanout/localConnections';
import { createLocalConversations } from './cache/conversationCache';
import { createLocations } from './cache/messageLocations';
import { addReaction, removeReaction } from './messages/reactions';
import { deleteMessage } from './messages/deleteMessage';
import { editMessage } from './messages/editMessage';
import { newMessageId } from './send/messageIds';
import { messageJson } from './messages/messageJson';
import { locateMessage, readHistory, readMessageById } from './messages/readMessages';
import { readReceipt } from './messages/readReceipt';
import { readStatus } from './messages/readStatus';
import type { Bus, Gauges, Wakeups } from './ports/index';
import { createRecheck } from './reconcile/poll';
import { createEventRepair } from './reconcile/replayEvents';
import { createSender, type Committed } from './send/sender';
import { createSettler } from './receipts/clearPending';
import { createStatusAnnouncer } from './receipts/statusAnnouncer';
import { syncChanges } from './sync/syncChanges';
import { createTypingBoard } from './fanout/typing';
import { createUnreadAnnouncer } from './receipts/unreadAnnouncer';

export interface DeliveryDeps {
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

/** Composes the delivery core of one node. Opens nothing by itself; `stop` ends its timers. */
export function createDelivery(deps: DeliveryDeps): Delivery {
  const { db, bus, clock, log, gauges } = deps;
  const cursorKey = lazily(() => readCursorKey(db));
  const locations = createLocations(clock);
  const timetable = createTimetable({ clock, log });
  let inDoubtUntil = 0;
  let busWorked = bus.connected();
  const isInDoubt = (): boolean => !bus.connected() || clock.now() < inDoubtUntil;
  const look = (): void => {
    inDoubtUntil = clock.now() + IN_DOUBT_MS;
    void recheck.run(true);
  };
  // Members could not be read, so something was not announced: look when the store may be back.
  const lookSoon = timetable.soon(1_000, look);
  // Committed, perhaps, and its answer lost: nobody announced it, and its repeat will find nothing to do.
  const lookForUnknown = timetable.soon(250, () => {
    bus.lost();
    look();
  });
  const connections = createLocalConnections();
  const conversations = createLocalConversations({ db, clock, log, onMissed: lookSoon });
  const typing = createTypingBoard({ clock, conversations, connections });
  const settler = createSettler({ db, clock, log, onSettled: wakeAbsent });
  const unread = createUnreadAnnouncer({ db, clock, log, tell: (events) => hub.events(events) });
  const countAgain = createRecount({ db, log, unread });
  const statuses = createStatusAnnouncer({
    clock,
    tell: (events) =>
      hub.events(
        events.map(({ authorId, json }) => ({
          userIds: [authorId],
          event: 'chat:message_status_updated',
          json,
        })),
      ),
  });
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
      announce: announceCommitted,
    }),
    accept: (userId, conversationId) => changing(acceptContact(change, userId, conversationId)),
  });
  const live = createLiveConnections({
    db,
    clock,
    log,
    gauges,
    connections,
    sender,
    watermarks,
    recall: (messageId) => locations.recall(messageId),
    onLeft: (userId) => wakeAbsent([userId]),
  });
  const hub: Hub = createHub({
    bus,
    conversations,
    connections,
    typing,
    recheckUsers: (userIds) => live.recheckUsers(userIds),
  });
  const { defaultS, maxS } = deps.retention ?? { defaultS: null, maxS: null };
  const change = {
    ...{ db, announce: hub, retentionS: defaultS ?? maxS },
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
      hear: (hint) => hub.hear(hint),
    }),
  });

  const unsubscribe = [
    bus.subscribe((hint) => {
      if (hint.type === 'entries') {
        for (const one of hint.batch) locations.remember(one.conversationId, one.entries);
      }
      hub.hear(hint);
    }),
    bus.onRecovered(() => {
      conversations.forgetAll();
      // The first time is the node's own beginning, and no trouble.
      if (busWorked) look();
      else void recheck.run(true);
      busWorked = true;
    }),
  ];
  timetable.every(
    () => (isInDoubt() ? Math.min(RECHECK_IN_DOUBT_MS, deps.recheckMs) : deps.recheckMs),
    async () => {
      await recheck.run(isInDoubt());
      await live.unblock();
    },
  );
  timetable.every(
    () => OVERDUE_CHECK_MS,
    () => {
      for (const connection of connections.all()) {
        if (connection.hasAnswersDue()) connection.answerOverdue();
      }
    },
  );

  function announceCommitted(committed: Committed[], userIds: string[]): void {
    const batch = committed.map(({ conversationId, membersVersion, messages }) => {
      const entries = messages.map(({ message, origin, at }) => ({
        id: message.id,
        seq: message.seq,
        senderId: message.sender_id,
        counts: true,
        origin,
        json: messageJson(message),
        at,
      }));
      locations.remember(conversationId, entries);
      return { conversationId, membersVersion, entries };
    });
    hub.entriesOf(batch);
    if (userIds.length > 0) deps.wakeups.enqueueAfterCommit(userIds);
  }

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
      if (deviceNo !== null) settler.acknowledged(userId, conversationId);
    }
  }

  /** A change whose outcome is unknown is looked for, here and on the other nodes (D7). */
  async function changing<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof UnavailableError) lookForUnknown();
      throw error;
    }
  }

  function send(request: SendRequest): Promise<SendResult> {
    return new Promise((resolve, reject) => {
      sender.send(newMessageId(), request, null, (result) => {
        if (result instanceof Error) reject(result);
        else resolve(result);
      });
    });
  }

  async function acknowledge(
    userId: string,
    target: AckTarget,
    status: 'delivered' | 'read',
  ): Promise<Receipt> {
    const { conversationId, seq } =
      'seq' in target ? target : await locateMessage(db, userId, target.messageId);
    await watermarks.acknowledge({ userId, deviceNo: null, conversationId, seq, status });
    return readReceipt(db, userId, conversationId);
  }

  return {
    send,
    acknowledge,
    editMessage: (userId, messageId, content) =>
      changing(editMessage(change, userId, messageId, content)),
    async deleteMessage(userId, messageId) {
      const { conversationId, changed } = await changing(deleteMessage(change, userId, messageId));
      if (changed) await countAgain(conversationId);
    },
    addReaction: (userId, messageId, emoji) =>
      changing(addReaction(change, userId, messageId, emoji)),
    removeReaction: (userId, messageId, emoji) =>
      changing(removeReaction(change, userId, messageId, emoji)),
    readHistory: (userId, conversationId, page) => readHistory(db, userId, conversationId, page),
    readStatus: (userId, messageId, page) => readStatus(db, userId, messageId, page),

    createDirect: (userId, otherId) => changing(createDirect(change, userId, otherId)),
    createGroup: (userId, title, ids) => changing(createGroup(change, userId, title, ids)),
    findOrCreateGroup: (request) => changing(findOrCreateGroup(change, request)),
    listConversations: (userId, page) => listConversations(change, userId, page),
    readConversation: (userId, id) => readConversation(change, userId, id),
    changeConversation: (userId, id, wanted) =>
      changing(changeConversation({ ...change, maxS }, userId, id, wanted)),
    listParticipants: (userId, id, page) => listParticipants(change, userId, id, page),
    addParticipant: (userId, id, otherId, role) =>
      changing(addParticipant(change, userId, id, otherId, role)),
    changeRole: (userId, id, otherId, role) =>
      changing(changeRole(change, userId, id, otherId, role)),
    removeParticipant: (userId, id, otherId) =>
      changing(removeParticipant(change, userId, id, otherId)),

    sync: (userId, page) =>
      syncChanges(
        {
          db,
          cursorKey,
          now: () => clock.now(),
          readConversations: (reader, ids) => readConversations(db, reader, ids, { preview: true }),
        },
        userId,
        page,
      ),

    listInvited: (userId, id, page) => listInvited(change, userId, id, page),
    listRequests: (userId, page) => listRequests(db, userId, page),
    readRequest: (userId, id) => readRequest(db, userId, id),
    acceptRequest: (userId, id) => changing(acceptRequest(change, userId, id)),
    declineRequest: (userId, id) => changing(declineRequest(change, userId, id)),
    readPrivacy: (userId) => readPrivacy(db, userId),
    changePrivacy: (userId, wanted) => changePrivacy(change, userId, wanted),

    blockUser: (userId, otherId) => blockUser(change, userId, otherId),
    unblockUser: (userId, otherId) => unblockUser(change, userId, otherId),
    listBlocks: (userId, page) => listBlocks(change, userId, page),

    exportRequests: (userId) => exportRequests(db, userId),
    exportConversations: (userId) => exportConversations(db, userId),
    finishDeletion(userId, withinMs) {
      const end = clock.now() + withinMs;
      const deps = { ...change, countAgain, isOver: () => clock.now() >= end };
      return changing(finishDeletion(deps, userId));
    },

    async announceTyping(userId, username, conversationId, isTyping) {
      const [row] = await guarded(() =>
        db.query(
          'typing_membership',
          `SELECT c.members_version::float8, c.barred FROM participants p JOIN conversations c ON c.id = p.conversation_id
           WHERE p.conversation_id = $1 AND p.user_id = $2`,
          [conversationId, userId],
        ),
      );
      if (row === undefined) throw new NotFoundError();
      const [membersVersion, barred] = row as [number, Bar | null];
      if (barred !== null) return;
      hub.typing({
        type: 'typing',
        conversationId,
        membersVersion,
        userId,
        username,
        isTyping,
        at: clock.now(),
      });
    },
    presenceAudience: (userId) => presenceAudience(change, userId),
    sharesConversation: (userId, otherIds) => sharesConversation(change, userId, otherIds),

    openConnection: (params) => live.open(params),
    async forgetSessionDevices(userId, sessionId) {
      await guarded(() =>
        db.query('forget_devices', 'DELETE FROM devices WHERE user_id = $1 AND session_id = $2', [
          userId,
          sessionId,
        ]),
      );
    },
    emitToUsers: (userIds, event, payload) => hub.toUsers(userIds, event, payload),
    localUsers: () => connections.users(),

    async stop(withinMs) {
      timetable.stop();
      for (const off of unsubscribe) off();
      typing.stop();
      statuses.stop();
      unread.stop();
      const rest = (async () => {
        await sender.idle();
        await watermarks.idle();
        await settler.flush();
      })();
      await Promise.race([
        rest,
        new Promise<void>((resolve) => clock.setTimeout(resolve, withinMs)),
      ]);
      settler.stop();
    },
  };
}

/** Reads once; a failure is not kept, so the next call tries again. */
function lazily(read: () => Promise<Buffer>): () => Promise<Buffer> {
  let kept: Promise<Buffer> | undefined;
  return () => {
    kept ??= read().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
}
