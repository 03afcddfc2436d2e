import type { Clock } from '@chasqui/foundation';
import type { Cursor } from '../cursor';

/** Answers a send. Returns false when its command has timed out; the entry is then due as an event. */
export type Reply = () => boolean;

/** The replies to the sends of one connection. Each is given at its message's place in the order of seq (D3). */
export interface PendingReplies {
  /** A send is in progress: the cursor must not pass its entry before the send has an outcome. */
  begin(messageId: string): void;
  end(messageId: string): void;
  isUnderWay(messageId: string): boolean;
  /** The entry at `seq` is replaced by its reply. */
  add(messageId: string, cursor: Cursor, seq: number, reply: Reply): void;
  /** Adds the reply to a repeated send, which follows the event at `seq` (D3). */
  addAfterEvent(sendId: string, cursor: Cursor, seq: number, reply: Reply): void;
  /** Whether a reply follows the event at `seq`; then the caller sends the event and calls `flushUpTo`. */
  isFollowed(cursor: Cursor, seq: number): boolean;
  /**
   * Takes the reply that replaces this entry, for the caller to give; `answered` if it was given early; undefined for
   * all other entries.
   */
  take(messageId: string): Reply | 'answered' | undefined;
  /** Gives all replies at `seq` or before: the cursor has passed them. */
  flushUpTo(cursor: Cursor, seq: number): void;
  /** Gives the replies that have waited for five seconds. A reply may be given early but not late (R4). */
  flushOverdue(): void;
  flushAll(): void;
  readonly waiting: number;
  /** Replies given early whose entries the cursor has not reached. */
  readonly early: number;
}

const MAX_REPLY_DELAY_MS = 5_000;

interface Pending {
  cursor: Cursor;
  seq: number;
  reply: Reply;
  due: number;
}

export function createPendingReplies(clock: Clock): PendingReplies {
  const underWay = new Set<string>();
  // In the order of `due`.
  const pending = new Map<string, Pending>();
  const early = new Map<string, Cursor>();
  /** The pending replies that follow an event; nearly always empty. */
  const following = new Set<string>();

  return {
    begin: (messageId) => void underWay.add(messageId),
    end: (messageId) => void underWay.delete(messageId),
    isUnderWay: (messageId) => underWay.has(messageId),
    add: (messageId, cursor, seq, reply) =>
      void pending.set(messageId, { cursor, seq, reply, due: clock.now() + MAX_REPLY_DELAY_MS }),
    addAfterEvent(sendId, cursor, seq, reply) {
      this.add(sendId, cursor, seq, reply);
      following.add(sendId);
    },
    isFollowed(cursor, seq) {
      for (const id of following) {
        const one = pending.get(id);
        if (one === undefined) following.delete(id);
        else if (one.cursor === cursor && one.seq <= seq) return true;
      }
      return false;
    },
    take(messageId) {
      const found = pending.get(messageId);
      if (found === undefined) return early.delete(messageId) ? 'answered' : undefined;
      pending.delete(messageId);
      return found.reply;
    },
    flushUpTo(cursor, seq) {
      for (const [messageId, one] of pending) {
        if (one.cursor !== cursor || one.seq > seq) continue;
        pending.delete(messageId);
        one.reply();
      }
      if (seq !== Infinity) return;
      for (const [messageId, at] of early) {
        if (at === cursor) early.delete(messageId);
      }
    },
    flushOverdue() {
      const now = clock.now();
      for (const [messageId, { cursor, reply, due }] of pending) {
        if (due > now) return;
        pending.delete(messageId);
        // Remembered, so that the entry is not sent as an event too. The entry of a repeated send is.
        if (reply() && !following.delete(messageId)) early.set(messageId, cursor);
      }
    },
    flushAll() {
      const rest = [...pending.values()];
      pending.clear();
      early.clear();
      following.clear();
      for (const { reply } of rest) reply();
    },
    get waiting() {
      return pending.size;
    },
    get early() {
      return early.size;
    },
  };
}
