import type { Clock } from '@chasqui/foundation';
import { queueEmpty } from '../events/messageEvents';
import type { Entry, Gauges, Transport } from '../ports/index';
import type { CursorEvent } from './connectionState';
import { type Cursor, nextEntry } from './cursor';
import { createFrameBatcher, type FrameBatcher } from './frameBatcher';
import type { PendingReplies } from './replies/pendingReplies';
import { createSendWindow } from './sendWindow';

/** Sends the entries that are due, each conversation in the order of seq (R3), within window and buffer (R4). */
export interface Pump {
  /** Queues a cursor that has just become `due`. It may leave that state again before its turn. */
  add(cursor: Cursor): void;
  /** Sends what is due. Returns why it stopped; a call while it runs does nothing and returns `running`. */
  run(): 'window full' | 'buffer full' | 'drained' | 'running';
  /** Sends the gathered entries, so that the next event follows them. */
  flush(): void;
  /** Adds a conversation to the backlog. */
  addBacklog(cursor: Cursor, lastSeq: number): void;
  /** The conversation's backlog was sent, or there is none any more. */
  reachBacklogEnd(cursor: Cursor): void;
  /** The device has acknowledged up to seq. Returns whether the window is open. */
  release(cursor: Cursor, seq: number): boolean;
  /** Drops what is kept for a conversation whose membership has ended. */
  forget(cursor: Cursor): void;
  /** Sends `chat:queue_empty` once, when no backlog is left. */
  endBacklog(): void;
  clear(): void;
}

export interface PumpDeps {
  userId: string;
  transport: Transport;
  clock: Clock;
  gauges: Gauges;
  /** The replies to own sends, once there are any. */
  replies: () => PendingReplies | undefined;
  isClosed: () => boolean;
  /** Called when a cursor leaves the queue, with the reason. */
  onDone: (cursor: Cursor, reason: CursorEvent) => void;
}

export function createPump(deps: PumpDeps): Pump {
  const { userId, transport, clock, isClosed } = deps;
  const { acks } = transport.capabilities;
  const window = createSendWindow();
  /** Cursors in the state `due`, and some that have left it since. */
  const queue: Cursor[] = [];
  // Most connections are idle most of the time, so it is created on first use.
  let batcher: FrameBatcher | undefined;
  let isRunning = false;
  let backlogLeft = 0;
  let backlogSent = 0;
  let isQueueEmptySent = false;

  /** Sends what is due in one conversation; returns why it stopped. */
  function sendDue(cursor: Cursor): CursorEvent | 'window full' | 'buffer full' {
    // Sending may close the connection or forget the conversation.
    while (cursor.state === 'due' && !isClosed()) {
      const { sent = 0 } = cursor;
      if (sent >= cursor.target) break;
      const entry = nextEntry(cursor, userId, clock.now());
      if (entry === undefined) return 'missing';
      const replies = deps.replies();
      if (entry.seq > sent + 1) replies?.flushUpTo(cursor, entry.seq - 1);
      const own = mayBeOwn(entry) ? replies : undefined;
      if (own?.isUnderWay(entry.id) === true) return 'own send';
      if (own !== undefined && reply(own, entry)) cursor.sent = entry.seq;
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

  /** Entries from PostgreSQL do not name the connection that sent them. */
  const mayBeOwn = ({ origin }: Entry): boolean => origin === null || origin === transport.id;

  /** Replies to the own send that created the entry; false if the entry is due as an event. */
  function reply(replies: PendingReplies, entry: Entry): boolean {
    const taken = replies.take(entry.id);
    if (typeof taken !== 'function') return taken === 'answered';
    batcher?.flush();
    return taken();
  }

  function write(cursor: Cursor, entry: Entry): void {
    cursor.sent = entry.seq;
    batcher ??= createFrameBatcher(deps);
    batcher.write(entry);
    const replies = deps.replies();
    if (replies?.isFollowed(cursor, entry.seq) !== true) return;
    batcher.flush();
    replies.flushUpTo(cursor, entry.seq);
  }

  function reachBacklogEnd(cursor: Cursor): void {
    if (cursor.backlogEnd === 0) return;
    cursor.backlogEnd = 0;
    backlogLeft -= 1;
  }

  return {
    add: (cursor) => void queue.push(cursor),
    run() {
      if (isRunning) return 'running';
      isRunning = true;
      try {
        for (let cursor = queue[0]; cursor !== undefined; cursor = queue[0]) {
          const reason = sendDue(cursor);
          if (reason === 'window full' || reason === 'buffer full') return reason;
          if (isClosed()) break;
          queue.shift();
          deps.onDone(cursor, reason);
        }
      } finally {
        isRunning = false;
      }
      return 'drained';
    },
    flush: () => batcher?.flush(),
    addBacklog(cursor, lastSeq) {
      cursor.backlogEnd = lastSeq;
      backlogLeft += 1;
    },
    reachBacklogEnd,
    release(cursor, seq) {
      window.release(cursor.unacknowledged, seq);
      return !window.full;
    },
    forget(cursor) {
      cursor.page = [];
      window.forget(cursor.unacknowledged);
      reachBacklogEnd(cursor);
    },
    endBacklog() {
      if (backlogLeft > 0 || isQueueEmptySent || isClosed()) return;
      isQueueEmptySent = true;
      batcher?.flush();
      transport.send(queueEmpty(backlogSent));
    },
    clear() {
      queue.length = 0;
      batcher?.clear();
    },
  };
}
