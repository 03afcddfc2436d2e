/** Somebody who sends and somebody who receives, over connections of their own. */
export interface Pair {
  /** Sends the next message. */
  send(): void;
  /** Set by the load: the server has answered for the oldest unanswered message. */
  acknowledged: () => void;
  /** Set by the load: the next message, in the order of sending, has arrived. */
  received: () => void;
}

/** A pair whose messages are numbered from 0, over all runs. */
export function createPair(send: (n: number) => void): Pair {
  let n = 0;
  return { send: () => send(n++), acknowledged: () => undefined, received: () => undefined };
}

/** 200 bytes, different for every message. */
export function bodyOf(n: number): string {
  return String(n).padStart(12, '0').padEnd(200, 'x');
}
