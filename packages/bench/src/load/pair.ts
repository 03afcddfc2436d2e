/** A sender and a receiver with their own connections. */
export interface Pair {
  /** Sends the next message. */
  send(): void;
  /** Set by the load; called when the oldest unacknowledged message is acknowledged. */
  acknowledged: () => void;
  /** Set by the load; called when the next message, in sending order, arrives. */
  received: () => void;
}

/** Creates a pair that numbers its messages from 0 across all runs. */
export function createPair(send: (n: number) => void): Pair {
  let n = 0;
  return { send: () => send(n++), acknowledged: () => undefined, received: () => undefined };
}

/** 200 bytes, different for every message. */
export function bodyOf(n: number): string {
  return String(n).padStart(12, '0').padEnd(200, 'x');
}
