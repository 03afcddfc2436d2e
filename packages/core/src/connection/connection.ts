import type { Clock } from '@chasqui/foundation';
import type { ServerEvent } from '@chasqui/protocol';
import { amend, type ChangedEntry } from '../cache/changedEntries';
import type { LocalConversation } from '../cache/conversationCache';
import type { Entry, Gauges, Transport } from '../ports/index';
import type { AnswerSend, SendReply } from '../send/send';
import type { BacklogConversation } from './backlog/backlog';
import type { GapSource } from './backlog/gapReader';
import { createConnectionEffects } from './connectionEffects';
import { createFollowed, type Followed, type Follows } from './start/followed';
import { placeAt } from './start/following';
import type { Reply } from './replies/pendingReplies';
import { answerRepeated } from './replies/repeatedSend';
import { isUnacknowledged } from './sendWindow';

export interface ConnectionDeps extends GapSource {
  userId: string;
  deviceNo: number;
  transport: Transport;
  clock: Clock;
  gauges: Gauges;
  follows?: Follows;
}

/**
 * The delivery path of one connection (R3, R4). Each trigger only raises the target of a conversation; pump.ts sends
 * the next seq after the cursor until it reaches the target. connectionState.ts defines the states.
 */
export interface Connection extends Omit<Followed, 'names'> {
  readonly id: string;
  readonly userId: string;
  readonly deviceNo: number;
  /** Sets the backlog of the device, as read at connect. */
  begin(backlog: BacklogConversation[]): void;
  start(): void;
  /** Sends an event that has no place in the order of seq. */
  send(event: ServerEvent): void;
  /** Offers an entry, which need not be the next one. */
  offer(conversation: LocalConversation, entry: Entry): void;
  /**
   * A send of this connection is in progress: its entry is answered instead of sent (D3). The result takes the outcome
   * and calls `answer` once, at the entry's place in the order of seq.
   */
  beginSend(messageId: string, conversationId: string, answer: AnswerSend): SendReply;
  /**
   * Sends a changed entry immediately. A queued copy of the entry is replaced, so the client never ends up with an
   * older version.
   */
  changed(change: ChangedEntry): void;
  /** Reports that there are entries up to lastSeq. `position` is used if the connection has no cursor yet. */
  expect(conversationId: string, lastSeq: number, position: number | undefined): void;
  /** The device has acknowledged up to seq. */
  release(conversationId: string, seq: number): void;
  /** Gives replies that have waited too long. A reply may be given early but not late (R4). */
  replyOverdue(): void;
  hasPendingReplies(): boolean;
  wasSent(conversationId: string, seq: number): boolean;
  /** While the window is full: the conversations with entries that the device has not acknowledged. */
  blockedBy(): string[];
  /** The membership has ended: sends the event and nothing of the conversation after it (D9). */
  leave(event: ServerEvent<'conversation:removed'>): void;
  isClosed(): boolean;
  close(): void;
}

/** Replies given early because the client does not acknowledge the messages of others. */
const MAX_EARLY_REPLIES = 10_000;

export function createConnection(deps: ConnectionDeps): Connection {
  const { transport } = deps;
  const effects = createConnectionEffects(deps);
  const followed = createFollowed(effects, deps.follows);
  const { cursors, pump, isClosed, advance, advanceOne, cursorOf, raise, pumpIfDue } = effects;
  const skips = (id: string): boolean => isClosed() || followed.names?.has(id) === false;

  /** The reply to an own send that was stored takes the place of its entry. */
  function answerStored(
    conversation: LocalConversation | undefined,
    entry: Entry,
    reply: Reply,
  ): void {
    effects.replies?.end(entry.id);
    const cursor = skips(entry.conversationId) ? undefined : cursorOf(entry.conversationId);
    if (cursor !== undefined && conversation !== undefined) cursor.local = conversation;
    if (cursor === undefined || (cursor.sent !== undefined && entry.seq <= cursor.sent)) {
      reply();
      return;
    }
    effects.pendingReplies().add(entry.id, cursor, entry.seq, reply);
    raise(cursor, entry.seq);
    advanceOne(cursor, 'own send ended');
    if (conversation !== undefined) pumpIfDue(cursor);
  }

  return {
    id: transport.id,
    userId: deps.userId,
    deviceNo: deps.deviceNo,
    begin(backlog) {
      for (const { conversationId, position, lastSeq } of backlog) {
        if (skips(conversationId)) continue;
        const cursor = cursorOf(conversationId);
        // A live entry may already have caused a read of the position, and its result may be newer.
        if (placeAt(cursor, position, lastSeq) < lastSeq) pump.addBacklog(cursor, lastSeq);
        raise(cursor, lastSeq);
      }
    },
    start: () => advance('started'),
    ...followed,
    send: (event) => transport.send(event),
    offer(conversation, entry) {
      if (skips(entry.conversationId)) return;
      const cursor = cursorOf(entry.conversationId);
      cursor.local = conversation;
      if (cursor.sent !== undefined && entry.seq <= cursor.sent) return;
      raise(cursor, entry.seq);
      pumpIfDue(cursor);
    },
    beginSend(id, conversationId, answer) {
      effects.pendingReplies().begin(id);
      return {
        origin: transport.id,
        stored: (conversation, entry, message) =>
          answerStored(conversation, entry, () => answer({ message, repeated: false })),
        repeated: (message) =>
          answerRepeated(effects, { id, conversationId, seq: message.seq }, () =>
            answer({ message, repeated: true }),
          ),
        failed(error) {
          effects.replies?.end(id);
          const cursor = cursors.get(conversationId);
          if (cursor !== undefined) {
            advanceOne(cursor, 'own send ended');
            advance('work');
          }
          answer(error);
        },
      };
    },
    changed(change) {
      if (skips(change.conversationId)) return;
      const cursor = cursors.get(change.conversationId);
      if (cursor !== undefined && (cursor.sent === undefined || cursor.sent < change.seq)) {
        amend(cursor.page, change);
        if (cursor.state === 'locating' || cursor.state === 'behind') cursor.changed.push(change);
      }
      pump.flush();
      transport.send(change.event);
    },
    expect(conversationId, lastSeq, position) {
      if (skips(conversationId)) return;
      const cursor = cursorOf(conversationId);
      if (position !== undefined) placeAt(cursor, position, lastSeq);
      raise(cursor, lastSeq);
      pumpIfDue(cursor);
    },
    release(conversationId, seq) {
      const cursor = cursors.get(conversationId);
      if (cursor !== undefined && pump.release(cursor, seq)) advance('window open');
    },
    replyOverdue() {
      const { replies } = effects;
      replies?.flushOverdue();
      if (replies !== undefined && replies.early > MAX_EARLY_REPLIES)
        transport.close({ text: 'sends without acknowledging', reconnect: true });
    },
    hasPendingReplies: () => (effects.replies?.waiting ?? 0) > 0,
    wasSent(conversationId, seq) {
      const sent = cursors.get(conversationId)?.sent;
      return sent !== undefined && sent >= seq;
    },
    blockedBy() {
      const { state } = effects;
      if (state.name !== 'paused' || state.until !== 'acknowledged') return [];
      return [...cursors.values()]
        .filter(({ unacknowledged }) => isUnacknowledged(unacknowledged))
        .map(({ conversationId }) => conversationId);
    },
    leave(event) {
      pump.flush();
      transport.send(event);
      const cursor = cursors.get(event.data.conversationId);
      if (cursor !== undefined) effects.forget(cursor);
    },
    isClosed,
    close: () => advance('closed'),
  };
}
