import { createFairQueue, type Requester } from './local/fairQueue';
import { type Action, laneOf } from './actions';

/**
 * Where work waits for its turn: each lane is a fair queue with places of its own, so that searches cannot use up the
 * places of reads. Sends and acknowledgements take no lane: they share transactions, and find a part of the pool that
 * no lane can use up.
 */
export interface Lanes {
  /** Runs the work of this kind in its lane, or at once if it has none. Throws as FairQueue does. */
  run<T>(action: Action, who: Requester, work: () => Promise<T>): Promise<T>;
}

interface LanesOptions {
  /** Connections to PostgreSQL that the lanes may use together. */
  places: number;
  now: () => number;
}

const WAITING_MAX_PER_USER = 300;
/** Ten people who use up theirs behind one address; past that, memory matters more than their patience. */
const WAITING_MAX_PER_ADDRESS = 3_000;
/** Shorter than a command may take. */
const WAIT_MAX_MS = 8_000;
/** The part of the places that searches have for themselves: they cost PostgreSQL most. */
const SEARCH_SHARE = 1 / 4;

export function createLanes({ places, now }: LanesOptions): Lanes {
  const queueOf = (concurrency: number) =>
    createFairQueue({
      ...{ concurrency, waitMaxMs: WAIT_MAX_MS, now },
      ...{ waitingMaxPerUser: WAITING_MAX_PER_USER, waitingMaxPerAddress: WAITING_MAX_PER_ADDRESS },
    });
  const forSearch = Math.max(1, Math.floor(places * SEARCH_SHARE));
  const lanes = { search: queueOf(forSearch), main: queueOf(Math.max(1, places - forSearch)) };
  return {
    run(action, who, work) {
      const lane = laneOf(action);
      return lane === 'none' ? work() : lanes[lane].run(who, work);
    },
  };
}

/** For RATE_LIMIT=off. */
export const noLanes: Lanes = { run: (_kind, _who, work) => work() };
