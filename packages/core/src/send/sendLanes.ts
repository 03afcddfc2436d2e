/** The queued items of one conversation. */
export interface Lane<T> {
  conversationId: string;
  waiting: T[];
}

/**
 * A first-in, first-out queue per conversation, each held by at most one batch at a time. This keeps the order of a
 * sender's pipelined sends (fault 21) while different conversations share batches.
 */
export interface SendLanes<T> {
  add(conversationId: string, item: T): void;
  /** Takes up to `max` items of conversations that are not held, and holds those conversations until `release`. */
  take(max: number): Lane<T>[];
  /** Releases a conversation, so its queued items are due again. */
  release(conversationId: string): void;
  readonly waiting: number;
  /** The number of `waiting` items whose conversation is not held. */
  readonly due: number;
}

/** A batch contains no two items with the same `keyOf`: two sends with one client message id (D2). */
export function createSendLanes<T>(keyOf: (item: T) => string | null): SendLanes<T> {
  const queues = new Map<string, T[]>();
  const held = new Set<string>();
  let dueLanes: string[] = [];
  let due = 0;
  let waiting = 0;

  function takeFrom(queue: T[], max: number): T[] {
    if (queue.length === 1) return queue.splice(0, max);
    const keys = new Set<string>();
    let n = 0;
    for (; n < queue.length && n < max; n++) {
      const key = keyOf(queue[n] as T);
      if (key === null) continue;
      if (keys.has(key)) break;
      keys.add(key);
    }
    return queue.splice(0, n);
  }

  return {
    add(conversationId, item) {
      waiting += 1;
      const free = !held.has(conversationId);
      if (free) due += 1;
      const queue = queues.get(conversationId);
      if (queue !== undefined) queue.push(item);
      else {
        queues.set(conversationId, [item]);
        if (free) dueLanes.push(conversationId);
      }
    },
    take(max) {
      const lanes: Lane<T>[] = [];
      let left = max;
      let i = 0;
      for (; i < dueLanes.length && left > 0; i++) {
        const conversationId = dueLanes[i] as string;
        const queue = queues.get(conversationId) ?? [];
        due -= queue.length;
        const taken = takeFrom(queue, left);
        left -= taken.length;
        if (queue.length === 0) queues.delete(conversationId);
        held.add(conversationId);
        lanes.push({ conversationId, waiting: taken });
      }
      dueLanes = dueLanes.slice(i);
      waiting -= max - left;
      return lanes;
    },
    release(conversationId) {
      held.delete(conversationId);
      const queue = queues.get(conversationId);
      if (queue === undefined) return;
      dueLanes.push(conversationId);
      due += queue.length;
    },
    get waiting() {
      return waiting;
    },
    get due() {
      return due;
    },
  };
}
