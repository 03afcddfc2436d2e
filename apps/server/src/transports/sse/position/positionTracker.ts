import { encodePosition, type StreamPosition } from './streamPosition';

/** Conversations in a position above which the base should move forward. */
const REBASE_FROM = 16;
/** Conversations in a position: with the cursor they fit 800 characters. */
export const SEQS_MAX = 24;

/** The position of one open stream: it advances with every entry that is written. */
export interface PositionTracker {
  /** The id of what is written now. */
  text(): string;
  readonly base: StreamPosition['base'];
  readonly cursor: string;
  /** Entries were written up to this seq; undefined if none since the base. */
  sentUpTo(conversationId: string): number | undefined;
  sent(conversationId: string, seq: number): void;
  /** Updates of applications were written up to this seq. */
  sentUpdate(seq: number): void;
  /** Nothing of this conversation is due any more. */
  forget(conversationId: string): void;
  readonly shouldRebase: boolean;
  /** No further conversation fits. */
  readonly isFull: boolean;
  /** The seqs as they are now, for a later `moveTo`. */
  snapshot(): ReadonlyMap<string, number>;
  /**
   * Everything up to `cursor` has been written. `covered` has the seq that the cursor covers in conversations that changed
   * after it, and was read after `then` was taken.
   */
  moveTo(
    cursor: string,
    covered: ReadonlyMap<string, number>,
    then: ReadonlyMap<string, number>,
  ): void;
}

export function createPositionTracker(start: StreamPosition): PositionTracker {
  const { scope } = start;
  const seqs = new Map(start.seqs);
  let { base, cursor, updatesSeq } = start;
  let text: string | undefined;

  return {
    text: () => (text ??= encodePosition({ base, scope, cursor, seqs, updatesSeq })),
    get base() {
      return base;
    },
    get cursor() {
      return cursor;
    },
    sentUpTo: (conversationId) => seqs.get(conversationId),
    sent(conversationId, seq) {
      if (seq <= (seqs.get(conversationId) ?? 0)) return;
      seqs.set(conversationId, seq);
      text = undefined;
    },
    sentUpdate(seq) {
      updatesSeq = seq;
      text = undefined;
    },
    forget(conversationId) {
      if (seqs.delete(conversationId)) text = undefined;
    },
    get shouldRebase() {
      return seqs.size >= REBASE_FROM;
    },
    get isFull() {
      return seqs.size >= SEQS_MAX;
    },
    snapshot: () => new Map(seqs),
    moveTo(newCursor, covered, then) {
      base = 'sync';
      cursor = newCursor;
      text = undefined;
      for (const [conversationId, seq] of seqs) {
        // Written meanwhile: `covered` may be older.
        if (then.get(conversationId) !== seq) continue;
        if (seq <= (covered.get(conversationId) ?? Infinity)) seqs.delete(conversationId);
      }
    },
  };
}
