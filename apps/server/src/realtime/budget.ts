import { createTokenBucket } from '../limits/tokenBucket';

export type EventKind = 'acknowledgement' | 'typing' | 'other';

/** How many events one connection may still send; sends of messages are counted per user instead. */
export interface EventBudget {
  /** Counts one event; returns the seconds to wait when it is one too many, else 0. */
  take(kind: EventKind): number;
  /** The connection was sent messages: it may acknowledge each of them as delivered and as read. */
  earn(messages: number): void;
}

const LIMITS: Readonly<Record<EventKind, readonly [perSecond: number, burst: number]>> = {
  // A client that acknowledges one by one earns what it needs; see `earn`.
  acknowledgement: [200, 5_000],
  typing: [5, 20],
  other: [50, 200],
};
const ACKNOWLEDGEMENTS_PER_MESSAGE = 3;

export function createEventBudget(now: () => number = Date.now): EventBudget {
  const buckets = {
    acknowledgement: createTokenBucket(...LIMITS.acknowledgement),
    typing: createTokenBucket(...LIMITS.typing),
    other: createTokenBucket(...LIMITS.other),
  };
  return {
    take(kind) {
      const bucket = buckets[kind];
      return bucket.take(now()) ? 0 : bucket.waitS();
    },
    earn(messages) {
      buckets.acknowledgement.give(messages * ACKNOWLEDGEMENTS_PER_MESSAGE);
    },
  };
}

/** For RATE_LIMIT=off. */
export const endlessBudget: EventBudget = { take: () => 0, earn: () => undefined };
