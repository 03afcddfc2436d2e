import { createTokenBucket } from '@chasqui/limits';

/** Acknowledgements allowed per connection; each message sent to it earns more. */
export interface EventBudget {
  /** Counts one acknowledgement. Returns the milliseconds to wait if the budget is spent, else 0. */
  take(): number;
  /** Call when messages are sent: the client may acknowledge each as delivered and as read. */
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
