import type { Cursor } from './cursor';
import type { Clock } from '@chasqui/foundation';

/** The sends of one connection, from the commit on: their answers take the place of frames (D3). */
export interface OwnSends {
  /** A send is under way: until it is answered, its entry must not be passed. */
  begin(messageId: string): void;
  end(messageId: string): void;
  isUnderWay(messageId: string): boolean;
  /** `answer` waits for its place, which is `seq`. It says whether it was given: it may be too late for it. */
  await(messageId: string, cursor: Cursor, seq: number, answer: AnswerSend): void;
  /** A repeat: the entry is a frame as any other, and `answer` follows it (D3). */
  awaitFrame(sendId: string, cursor: Cursor, seq: number, answer: AnswerSend): void;
  /** Whether an answer follows the frame at `seq`: then it is to be written out, and `passed` called. */
  isFollowed(cursor: Cursor, seq: number): boolean;
  /**
   * The pump has come to the entry: returns its answer, to be called now; `answered` when it was called
   * already; undefined for everything else.
   */
  reach(messageId: string): AnswerSend | 'answered' | undefined;
  /** Answers what lies at `seq` or before: nothing will stop at these places any more. */
  passed(cursor: Cursor, seq: number): void;
  /** Answers what has waited longer than its patience: early is allowed, late is not. */
  answerOverdue(): void;
  answerAll(): void;
  readonly awaited: number;
  /** Answered early, and not reached yet. */
  readonly early: number;
}

/** Answers a send; false when its command was given up before, and then the entry is due as a frame. */
export type AnswerSend = () => boolean;

const PATIENCE_MS = 5_000;

interface Answer {
  cursor: Cursor;
  seq: number;
  answer: AnswerSend;
  due: number;
}

export function createOwnSends(clock: Clock): OwnSends {
  const underWay = new Set<string>();
  // In the order of `due`.
  const awaited = new Map<string, Answer>();
  const early = new Map<string, Cursor>();
  /** Those of the awaited that follow a frame; hardly ever any. */
  const following = new Set<string>();

  return {
    begin: (messageId) => void underWay.add(messageId),
    end: (messageId) => void underWay.delete(messageId),
    isUnderWay: (messageId) => underWay.has(messageId),
    await: (messageId, cursor, seq, answer) =>
      void awaited.set(messageId, { cursor, seq, answer, due: clock.now() + PATIENCE_MS }),
    awaitFrame(sendId, cursor, seq, answer) {
      this.await(sendId, cursor, seq, answer);
      following.add(sendId);
    },
    isFollowed(cursor, seq) {
      for (const id of following) {
        const one = awaited.get(id);
        if (one === undefined) following.delete(id);
        else if (one.cursor === cursor && one.seq <= seq) return true;
      }
      return false;
    },
    reach(messageId) {
      const found = awaited.get(messageId);
      if (found === undefined) return early.delete(messageId) ? 'answered' : undefined;
      awaited.delete(messageId);
      return found.answer;
    },
    passed(cursor, seq) {
      for (const [messageId, one] of awaited) {
        if (one.cursor !== cursor || one.seq > seq) continue;
        awaited.delete(messageId);
        one.answer();
      }
      if (seq !== Infinity) return;
      for (const [messageId, at] of early) {
        if (at === cursor) early.delete(messageId);
      }
    },
    answerOverdue() {
      const now = clock.now();
      for (const [messageId, { cursor, answer, due }] of awaited) {
        if (due > now) return;
        awaited.delete(messageId);
        // Remembered, so that the entry is not sent as a frame as well; that of a repeat is.
        if (answer() && !following.delete(messageId)) early.set(messageId, cursor);
      }
    },
    answerAll() {
      const rest = [...awaited.values()];
      awaited.clear();
      early.clear();
      following.clear();
      for (const { answer } of rest) answer();
    },
    get awaited() {
      return awaited.size;
    },
    get early() {
      return early.size;
    },
  };
}
