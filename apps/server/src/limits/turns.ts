import { RateLimitError, UnavailableError } from '@pern/protocol/errors';

/**
 * Lets so many works run at once, and goes round the people who wait for a turn: who asks for a thousand things waits
 * for themselves, and others for one of them. Sends and acknowledgements take no turn: they share transactions, and
 * find a part of the pool that no turn can use up.
 */
export interface Turns {
  /** Throws RateLimitError when too much of theirs waits, UnavailableError when no turn came in time. */
  take<T>(userId: string, work: () => Promise<T>): Promise<T>;
}

interface TurnsOptions {
  atOnce: number;
  /** Of one user. */
  waitingMax: number;
  /** Whoever has waited longer has given up by now, milliseconds. */
  patienceMs: number;
  now: () => number;
}

interface Waiting {
  since: number;
  begin: () => void;
  giveUp: (error: Error) => void;
}

export function createTurns({ atOnce, waitingMax, patienceMs, now }: TurnsOptions): Turns {
  // In the order of whose turn it is.
  const queues = new Map<string, Waiting[]>();
  let running = 0;

  function next(): Waiting | undefined {
    for (const [userId, queue] of queues) {
      queues.delete(userId);
      const waiting = queue.shift();
      if (queue.length > 0) queues.set(userId, queue);
      if (waiting === undefined) continue;
      if (now() - waiting.since <= patienceMs) return waiting;
      waiting.giveUp(new UnavailableError('there was no turn in time', 2));
    }
    return undefined;
  }

  function turn(userId: string): Promise<void> {
    const queue = queues.get(userId) ?? [];
    if (queue.length >= waitingMax) throw new RateLimitError(1);
    queues.set(userId, queue);
    return new Promise((begin, giveUp) => queue.push({ since: now(), begin, giveUp }));
  }

  return {
    async take(userId, work) {
      if (running < atOnce) running += 1;
      else await turn(userId);
      try {
        return await work();
      } finally {
        // The place goes from hand to hand.
        const waiting = next();
        if (waiting) waiting.begin();
        else running -= 1;
      }
    },
  };
}

/** For RATE_LIMIT=off. */
export const noTurns: Turns = { take: (_userId, work) => work() };
