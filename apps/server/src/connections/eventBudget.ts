import { createTokenBucket } from '@chasqui/limits';

/** How often one connection may acknowledge: more often than anything else, for it earns that by what it is sent. */
export interface EventBudget {
  /** Counts one; returns the milliseconds to wait when it is one too many, else 0. */
  take(): number;
  /** The connection was sent messages: it may acknowledge each of them as delivered and as read. */
  earn(messages: number): void;
}

const PER_SECOND = 200;
const BURST = 5_000;
const ACKNOWLEDGEMENTS_PER_MESSAGE = 3;

export function createEventBudget(now: () => number = Date.now): EventBudget {
  const bucket = createTokenBucket(PER_SECOND, BURST);
  return {
    take: () => (bucket.take(now()) ? 0 : bucket.waitS() * 1_000),
    earn(messages) {
      bucket.give(messages * ACKNOWLEDGEMENTS_PER_MESSAGE);
    },
  };
}

/** For RATE_LIMIT=off. */
export const endlessBudget: EventBudget = { take: () => 0, earn: () => undefined };
