import type { Clock } from '@chasqui/foundation';
import type { ServerEvent } from '@chasqui/protocol';
import { amend, type ChangedEntry } from '../cache/changedEntries';
import type { LocalConversation } from '../cache/conversationCache';
import { queueEmpty } from '../events/messageEvents';
import type { Entry, Gauges, Transport } from '../ports/index';
import type { BacklogConversation } from './backlog';
import {
  advanceConnection,
  advanceCursor,
  type ConnectionEvent,
  type ConnectionState,
  type CursorEvent,
  starting,
} from './connectionState';
import { type Cursor, type Following, newCursor, nextEntry, placeAt, positionOf } from './cursor';
import { createFollowed, type Follows } from './followed';
import { createFrameBatcher, type FrameBatcher } from './frameBatcher';
import { createGapReader, type GapReader, type GapSource } from './gapReader';
import { createPendingReplies, type PendingReplies, type Reply } from './pendingReplies';
import { createSendWindow, isUnacknowledged } from './sendWindow';

export interface ConnectionDeps extends GapSource {
  userId: string;
  deviceNo: number;
  transport: Transport;
  clock: Clock;
  gauges: Gauges;
  follows?: Follows;
}

/**
 * The delivery path of one connection (R3, R4). Each trigger only raises the target of a conversation; the pump sends
 * the next seq after the cursor until it reaches the target. connectionState.ts defines the states.
 */
export interface Connection {
  readonly id: string;
  readonly userId: string;
  readonly deviceNo: number;
  /** Sets the backlog of the device, as read at connect. */
  begin(backlog: BacklogConversation[]): void;
  start(): void;
  /**
   * Delivers a conversation that was not followed. A conversation of which the user is no participant is delivered
   * once they join (D9).
   */
  follow(conversationId: string, following?: Following): void;
  /** Delivers nothing more of this conversation. Its entries stay unacknowledged, and its slots of the window free. */
  unfollow(conversationId: string): void;
  /** With true, delivers all conversations, as far as they are announced by `expect`; with false, only the named. */
  followAll(all: boolean): void;
  /** Sends an event that has no place in the order of seq. */
  send(event: ServerEvent): void;
  /**
   * Offers an entry, which need not be the next one. `reply` answers the send of this connection that created the
   * entry, in place of the event (D3). Without a cached conversation the entry waits until its members are read.
   */
  offer(conversation: LocalConversation | undefined, entry: Entry, reply?: Reply): void;
  /**
   * Sends a changed entry immediately. A queued copy of the entry is replaced, so the client never ends up with an
   * older version.
   */
  changed(change: ChangedEntry): void;
  /** Reports that there are entries up to lastSeq. `position` is used if the connection has no cursor yet. */
  expect(conversationId: string, lastSeq: number, position: number | undefined): void;
  /** The device has acknowledged up to seq. */
  release(conversationId: string, seq: number): void;
  /** A send of this connection is in progress: its entry is answered instead of sent. */
  sending(messageId: string): void;
  /** The send was a repeat: `reply` is called once its entry has been sent (D3). */
  repeated(sendId: string, conversationId: string, seq: number, reply: Reply): void;
  /** The send failed. */
  sendFailed(messageId: string, conversationId: string): void;
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
  const { userId, transport, clock } = deps;
  const { acks } = transport.capabilities;
  const followed = createFollowed(deps.follows ?? 'all');
  const cursors = new Map<string, Cursor>();
  const window = createSendWindow();
  // Most connections are idle most of the time, so each of these is created on first use.
  let replies: PendingReplies | undefined;
  let batcher: FrameBatcher | undefined;
  let reader: GapReader | undefined;
  const pendingReplies = (): PendingReplies => (replies ??= createPendingReplies(clock));
  const gapReader = (): GapReader => (reader ??= createGapReader({ ...deps, onRead }));
  /** Cursors in the state `due`, and some that have left it since. */
  const queue: Cursor[] = [];
  let state: ConnectionState = starting;
  let pumping = false;
  let backlogLeft = 0;
  let backlogSent = 0;
  let isQueueEmptySent = false;

  function advance(event: ConnectionEvent): void {
    const step = advanceConnection(state, event);
    state = step.state;
    switch (step.effect) {
      case 'pump':
        pump();
        break;
      case 'await writable':
        batcher?.flush();
        transport.whenWritable(() => advance('writable'));
        break;
      case 'release':
        replies?.flushAll();
        cursors.clear();
        queue.length = 0;
        reader?.close();
        batcher?.clear();
        break;
      case 'none':
        break;
      default:
        step.effect satisfies never;
    }
  }

  function advanceOne(cursor: Cursor, event: CursorEvent): void {
    const step = advanceCursor(cursor.state, event, positionOf(cursor));
    cursor.state = step.state;
    switch (step.effect) {
      case 'queue':
        queue.push(cursor);
        break;
      case 'locate':
        gapReader().locate(cursor);
        break;
      case 'read':
        gapReader().want(cursor);
        break;
      case 'forget':
        cursors.delete(cursor.conversationId);
        cursor.page = [];
        window.forget(cursor.unacknowledged);
        reachBacklogEnd(cursor);
        replies?.flushUpTo(cursor, Infinity);
        break;
      case 'none':
        break;
      default:
        step.effect satisfies never;
    }
  }

  const isClosed = (): boolean => state.name === 'closed';

  function cursorOf(conversationId: string): Cursor {
    let cursor = cursors.get(conversationId);
    if (cursor === undefined) {
      cursor = newCursor(conversationId);
      cursors.set(conversationId, cursor);
    }
    return cursor;
  }

  function raise(cursor: Cursor, target: number): void {
    if (target > cursor.target) cursor.target = target;
    advanceOne(cursor, 'moved');
  }

  function onRead(read: Cursor[]): void {
    if (isClosed()) return;
    for (const cursor of read) {
      cursor.changed = [];
      if (cursor.state !== 'locating' && cursor.state !== 'behind') continue;
      reportLocated(cursor);
      if (cursor.sent !== undefined) {
        replies?.flushUpTo(cursor, cursor.sent);
        if (cursor.sent >= cursor.target) reachBacklogEnd(cursor);
      }
      advanceOne(cursor, 'read');
    }
    advance('work');
  }

  /** Before the first entry of a conversation that the connection began to follow. */
  function reportLocated(cursor: Cursor): void {
    const located = cursor.following?.located;
    cursor.following = undefined;
    located?.(cursor.sent !== undefined);
  }

  function forget(cursor: Cursor): void {
    advanceOne(cursor, 'forgotten');
    advance('work');
  }

  /** Does not query a paused connection again for every entry. */
  function pumpIfDue(cursor: Cursor): void {
    if (cursor.state === 'due' && state.name === 'live') advance('work');
  }

  /** Sends what is due. Stops when the window or the buffer is full. */
  function pump(): void {
    if (pumping) return;
    pumping = true;
    try {
      for (let cursor = queue[0]; cursor !== undefined; cursor = queue[0]) {
        const event = sendDue(cursor);
        if (event === 'window full' || event === 'buffer full') {
          advance(event);
          break;
        }
        if (isClosed()) break;
        queue.shift();
        advanceOne(cursor, event);
      }
    } finally {
      pumping = false;
    }
    if (state.name === 'live') reader?.read();
    if (backlogLeft === 0) sendQueueEmpty();
  }

  /** Sends what is due in one conversation; returns why it stopped. */
  function sendDue(cursor: Cursor): CursorEvent | 'window full' | 'buffer full' {
    // Sending may close the connection or forget the conversation.
    while (cursor.state === 'due' && !isClosed()) {
      const { sent = 0 } = cursor;
      if (sent >= cursor.target) break;
      const entry = nextEntry(cursor, userId, clock.now());
      if (entry === undefined) return 'missing';
      if (entry.seq > sent + 1) replies?.flushUpTo(cursor, entry.seq - 1);
      if (isOwnUnderWay(entry)) return 'own send';
      if (reply(entry)) cursor.sent = entry.seq;
      else {
        const counts = acks && entry.counts && entry.senderId !== userId;
        if (counts && window.full) return 'window full';
        if (!transport.writable()) return 'buffer full';
        if (counts) window.add(cursor.unacknowledged, entry.seq);
        if (cursor.backlogEnd !== 0) backlogSent += 1;
        write(cursor, entry);
      }
      if (entry.seq >= cursor.backlogEnd) reachBacklogEnd(cursor);
    }
    return 'sent all';
  }

  const mayBeOwn = ({ origin }: Entry): boolean => origin === null || origin === transport.id;

  /** Committed, but its send has no outcome yet: the reply belongs here. */
  function isOwnUnderWay(entry: Entry): boolean {
    return replies !== undefined && mayBeOwn(entry) && replies.isUnderWay(entry.id);
  }

  /** Replies to the own send that created the entry; false if the entry is due as an event. */
  function reply(entry: Entry): boolean {
    if (replies === undefined || !mayBeOwn(entry)) return false;
    const taken = replies.take(entry.id);
    if (typeof taken !== 'function') return taken === 'answered';
    batcher?.flush();
    return taken();
  }

  function write(cursor: Cursor, entry: Entry): void {
    cursor.sent = entry.seq;
    batcher ??= createFrameBatcher(deps);
    batcher.write(entry);
    if (replies?.isFollowed(cursor, entry.seq) !== true) return;
    batcher.flush();
    replies.flushUpTo(cursor, entry.seq);
  }

  function reachBacklogEnd(cursor: Cursor): void {
    if (cursor.backlogEnd === 0) return;
    cursor.backlogEnd = 0;
    backlogLeft -= 1;
  }

  function sendQueueEmpty(): void {
    if (isQueueEmptySent || isClosed()) return;
    isQueueEmptySent = true;
    batcher?.flush();
    transport.send(queueEmpty(backlogSent));
  }

  return {
    id: transport.id,
    userId,
    deviceNo: deps.deviceNo,
    begin(backlog) {
      for (const { conversationId, position, lastSeq } of backlog) {
        if (!followed.has(conversationId)) continue;
        const cursor = cursorOf(conversationId);
        // A live entry may already have caused a read of the position, and its result may be newer.
        placeAt(cursor, position, lastSeq);
        if ((cursor.sent ?? 0) < lastSeq) {
          cursor.backlogEnd = lastSeq;
          backlogLeft += 1;
        }
        raise(cursor, lastSeq);
      }
    },
    start: () => advance('started'),
    follow(conversationId, following = {}) {
      if (isClosed()) return;
      followed.add(conversationId);
      const cursor = cursorOf(conversationId);
      if (cursor.sent !== undefined) {
        following.located?.(true);
        return;
      }
      cursor.following = following;
      raise(cursor, 0);
    },
    unfollow(conversationId) {
      followed.remove(conversationId);
      const cursor = cursors.get(conversationId);
      if (cursor !== undefined && !followed.has(conversationId)) forget(cursor);
    },
    followAll(all) {
      followed.setAll(all);
      for (const cursor of [...cursors.values()]) {
        if (!followed.has(cursor.conversationId)) forget(cursor);
      }
    },
    send: (event) => transport.send(event),
    offer(conversation, entry, reply) {
      if (reply !== undefined) replies?.end(entry.id);
      if (isClosed() || !followed.has(entry.conversationId)) {
        reply?.();
        return;
      }
      const cursor = cursorOf(entry.conversationId);
      if (conversation !== undefined) cursor.local = conversation;
      if (cursor.sent !== undefined && entry.seq <= cursor.sent) {
        reply?.();
        return;
      }
      if (reply !== undefined) pendingReplies().add(entry.id, cursor, entry.seq, reply);
      raise(cursor, entry.seq);
      if (reply !== undefined) advanceOne(cursor, 'settled');
      if (conversation !== undefined) pumpIfDue(cursor);
    },
    changed(change) {
      if (!followed.has(change.conversationId)) return;
      const cursor = cursors.get(change.conversationId);
      if (cursor !== undefined && (cursor.sent === undefined || cursor.sent < change.seq)) {
        amend(cursor.page, change);
        if (cursor.state === 'locating' || cursor.state === 'behind') cursor.changed.push(change);
      }
      batcher?.flush();
      transport.send(change.event);
    },
    expect(conversationId, lastSeq, position) {
      if (isClosed() || !followed.has(conversationId)) return;
      const cursor = cursorOf(conversationId);
      if (position !== undefined) placeAt(cursor, position, lastSeq);
      raise(cursor, lastSeq);
      pumpIfDue(cursor);
    },
    release(conversationId, seq) {
      const cursor = cursors.get(conversationId);
      if (cursor === undefined) return;
      window.release(cursor.unacknowledged, seq);
      if (!window.full) advance('window open');
    },
    sending: (messageId) => pendingReplies().begin(messageId),
    repeated(sendId, conversationId, seq, reply) {
      replies?.end(sendId);
      const cursor = isClosed() ? undefined : cursors.get(conversationId);
      if (cursor === undefined || (cursor.sent !== undefined && cursor.sent >= seq)) reply();
      else {
        pendingReplies().addAfterEvent(sendId, cursor, seq, reply);
        raise(cursor, seq);
      }
      if (cursor !== undefined) advanceOne(cursor, 'settled');
      advance('work');
    },
    sendFailed(messageId, conversationId) {
      replies?.end(messageId);
      const cursor = cursors.get(conversationId);
      if (cursor === undefined) return;
      advanceOne(cursor, 'settled');
      advance('work');
    },
    replyOverdue() {
      replies?.flushOverdue();
      if (replies !== undefined && replies.early > MAX_EARLY_REPLIES)
        transport.close({ text: 'sends without acknowledging', reconnect: true });
    },
    hasPendingReplies: () => replies !== undefined && replies.waiting > 0,
    wasSent(conversationId, seq) {
      const sent = cursors.get(conversationId)?.sent;
      return sent !== undefined && sent >= seq;
    },
    blockedBy: () =>
      state.name === 'paused' && state.until === 'acknowledged'
        ? [...cursors.values()]
            .filter(({ unacknowledged }) => isUnacknowledged(unacknowledged))
            .map(({ conversationId }) => conversationId)
        : [],
    leave(event) {
      batcher?.flush();
      transport.send(event);
      const cursor = cursors.get(event.data.conversationId);
      if (cursor !== undefined) forget(cursor);
    },
    isClosed,
    close: () => advance('closed'),
  };
}
