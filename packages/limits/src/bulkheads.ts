import { createFairQueue, type Requester } from './local/fairQueue';
import { type Action, bulkheadOf } from './actions';

/**
 * Bulkheads for database work: each bulkhead is a fair queue with its own concurrency, so that searches
 * cannot starve reads. Sends and acknowledgements use no bulkhead: they share transactions and have a
 * part of the pool to themselves.
 */
export interface Bulkheads {
  /** Runs work in the action's bulkhead, or immediately if it has none. Throws as FairQueue does. */
  run<T>(action: Action, who: Requester, work: () => Promise<T>): Promise<T>;
}

interface BulkheadsOptions {
  /** PostgreSQL connections that all bulkheads may use together. */
  places: number;
  now: () => number;
}

const WAITING_MAX_PER_USER = 300;
/** Ten users at their maximum behind one address; beyond that, memory matters more. */
const WAITING_MAX_PER_ADDRESS = 3_000;
/** Shorter than the command time-out. */
const WAIT_MAX_MS = 8_000;
/** Share of the connections reserved for searches, the most expensive queries. */
const SEARCH_SHARE = 1 / 4;

export function createBulkheads({ places, now }: BulkheadsOptions): Bulkheads {
  const queueOf = (concurrency: number) =>
    createFairQueue({
      ...{ concurrency, waitMaxMs: WAIT_MAX_MS, now },
      ...{ waitingMaxPerUser: WAITING_MAX_PER_USER, waitingMaxPerAddress: WAITING_MAX_PER_ADDRESS },
    });
  const forSearch = Math.max(1, Math.floor(places * SEARCH_SHARE));
  const bulkheads = { search: queueOf(forSearch), main: queueOf(Math.max(1, places - forSearch)) };
  return {
    run(action, who, work) {
      const bulkhead = bulkheadOf(action);
      return bulkhead === 'none' ? work() : bulkheads[bulkhead].run(who, work);
    },
  };
}

/** For RATE_LIMIT=off. */
export const noBulkheads: Bulkheads = { run: (_kind, _who, work) => work() };
