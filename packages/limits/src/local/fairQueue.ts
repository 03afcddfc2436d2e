import { RateLimitError, UnavailableError } from '@chasqui/protocol';

/**
 * The user and address a unit of work is queued for. Before authentication, `userId` is the account
 * concerned, or null.
 */
export interface Requester {
  address: string;
  userId: string | null;
}

/**
 * Bounds concurrency fairly. Free capacity goes to waiting addresses in turn, and within an address
 * to its users in turn. So 1,000 requests of one user delay that user, 1,000 accounts behind one
 * address delay that address, and everybody else waits for at most one of their tasks.
 */
export interface FairQueue {
  /**
   * Runs `work` in turn and settles as it does. Throws RateLimitError if this user or address has
   * too much queued, and UnavailableError on time-out or if the whole queue is full. In both cases
   * `work` never runs.
   */
  run<T>(who: Requester, work: () => Promise<T>): Promise<T>;
}

export interface FairQueueOptions {
  concurrency: number;
  waitingMaxPerUser: number;
  waitingMaxPerAddress: number;
  /** Over all addresses; by default unbounded except by their number. */
  waitingMax?: number;
  /** Maximum wait, milliseconds; the caller has given up by then. */
  waitMaxMs: number;
  now: () => number;
}

interface Waiting {
  since: number;
  start: () => void;
  reject: (error: Error) => void;
}

/** Maps in order of turn: a served key moves to the end. */
interface Address {
  waiting: number;
  readonly users: Map<string, Waiting[]>;
}

const NOBODY = '';

export function createFairQueue(options: FairQueueOptions): FairQueue {
  const { concurrency, waitingMaxPerUser, waitingMaxPerAddress, waitMaxMs, now } = options;
  const { waitingMax = Infinity } = options;
  const addresses = new Map<string, Address>();
  let running = 0;
  let waitingOfAll = 0;

  function nextOf(address: Address): Waiting | undefined {
    for (const [userId, queue] of address.users) {
      address.users.delete(userId);
      const waiting = queue.shift();
      if (queue.length > 0) address.users.set(userId, queue);
      if (waiting === undefined) continue;
      address.waiting -= 1;
      waitingOfAll -= 1;
      if (now() - waiting.since <= waitMaxMs) return waiting;
      waiting.reject(new UnavailableError('the server is busy; try again', 2));
    }
    return undefined;
  }

  function next(): Waiting | undefined {
    for (const [key, address] of addresses) {
      addresses.delete(key);
      const waiting = nextOf(address);
      if (address.waiting > 0) addresses.set(key, address);
      if (waiting !== undefined) return waiting;
    }
    return undefined;
  }

  /**
   * Evicts the newest task of the longest queue to make room for a shorter one. False if none is
   * longer.
   */
  function makeRoom(waitingOfNew: number): boolean {
    const [longest] = [...addresses].sort(([, one], [, other]) => other.waiting - one.waiting);
    if (longest === undefined || longest[1].waiting <= waitingOfNew + 1) return false;
    const [key, address] = longest;
    const [user] = [...address.users].sort(([, one], [, other]) => other.length - one.length);
    const last = user?.[1].pop();
    if (user === undefined || last === undefined) return false;
    if (user[1].length === 0) address.users.delete(user[0]);
    address.waiting -= 1;
    waitingOfAll -= 1;
    if (address.waiting === 0) addresses.delete(key);
    last.reject(new RateLimitError(1));
    return true;
  }

  function enqueue({ address: key, userId }: Requester): Promise<void> {
    const address = addresses.get(key) ?? { waiting: 0, users: new Map<string, Waiting[]>() };
    const queue = address.users.get(userId ?? NOBODY) ?? [];
    if (queue.length >= waitingMaxPerUser || address.waiting >= waitingMaxPerAddress) {
      throw new RateLimitError(1);
    }
    if (waitingOfAll >= waitingMax && !makeRoom(address.waiting)) {
      throw new UnavailableError('the server is busy; try again', 2);
    }
    addresses.set(key, address);
    address.users.set(userId ?? NOBODY, queue);
    address.waiting += 1;
    waitingOfAll += 1;
    return new Promise((start, reject) => queue.push({ since: now(), start, reject }));
  }

  return {
    async run(who, work) {
      if (running < concurrency) running += 1;
      else await enqueue(who);
      try {
        return await work();
      } finally {
        // Hand the slot over directly, so that a newcomer cannot take it.
        const waiting = next();
        if (waiting) waiting.start();
        else running -= 1;
      }
    },
  };
}
