import { RateLimitError, UnavailableError } from '@chasqui/protocol';

/** Who asks: one user at one address. Work that nobody has logged in for yet names the account it concerns, or nobody. */
export interface Requester {
  address: string;
  userId: string | null;
}

/**
 * Runs a bounded number of works at once. The others wait, and every free place goes to the next address in turn, and
 * within it to the next user. So a thousand requests of one user delay that user, a thousand accounts behind one address
 * delay that address, and everybody else waits for one work of theirs at most.
 */
export interface FairQueue {
  /**
   * Runs `work` when its turn comes, and resolves or rejects as it does. Throws RateLimitError when too much of this
   * user or address waits already, and UnavailableError when no turn came in time or too much of everybody's waits.
   * `work` has not run then and never will.
   */
  run<T>(who: Requester, work: () => Promise<T>): Promise<T>;
}

export interface FairQueueOptions {
  concurrency: number;
  waitingMaxPerUser: number;
  waitingMaxPerAddress: number;
  /** Of all addresses together; without it their number alone bounds it. */
  waitingMax?: number;
  /** Whoever has waited longer has given up by now, milliseconds. */
  waitMaxMs: number;
  now: () => number;
}

interface Waiting {
  since: number;
  start: () => void;
  reject: (error: Error) => void;
}

/** Both maps are in the order of whose turn it is: a key that was served goes to the end. */
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
      waiting.reject(new UnavailableError('there was no turn in time', 2));
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

  /** Takes the last work from the address with most, for one that has less. False when nobody has more. */
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
      throw new UnavailableError('too much is waiting', 2);
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
        // The place goes from hand to hand, so that a newcomer cannot take it in between.
        const waiting = next();
        if (waiting) waiting.start();
        else running -= 1;
      }
    },
  };
}
