import type { Clock } from '@pern/delivery/ports';
import { RateLimitError, UnavailableError } from '@pern/protocol/errors';

/**
 * Shares the cores that hash passwords among the addresses that ask. Addresses take turns, so one that asks for
 * hundreds of hashes delays its own requests and every other address by one hash per round.
 */
export interface HashQueue {
  /**
   * Runs `work` when it is the address's turn. Throws RateLimitError when too much of this address is waiting, and
   * UnavailableError when the queue is full or no turn came in time; `work` has not run then and will not.
   */
  run<T>(address: string, work: () => Promise<T>): Promise<T>;
  /** Requests that wait, of all addresses. */
  waiting(): number;
}

interface HashQueueOptions {
  /** Hashes that run at the same time. */
  atOnce: number;
  /** Requests of one address that may wait. */
  waitingOfAddressMax: number;
  /** Requests that may wait, of all addresses. */
  waitingMax: number;
  /** Longest wait for a turn, milliseconds. */
  waitMaxMs: number;
  clock: Pick<Clock, 'setTimeout'>;
}

interface Waiting {
  begin: () => void;
  refuse: (error: Error) => void;
}

const RETRY_AFTER_S = 2;

export function createHashQueue(options: HashQueueOptions): HashQueue {
  const { atOnce, waitingOfAddressMax, waitingMax, waitMaxMs, clock } = options;
  // A Map keeps the order of insertion: the first address is next, and goes to the end when it has had its turn.
  const lines = new Map<string, Set<Waiting>>();
  let waiting = 0;
  let running = 0;

  function remove(address: string, one: Waiting): void {
    const line = lines.get(address);
    if (line?.delete(one) !== true) return;
    waiting -= 1;
    if (line.size === 0) lines.delete(address);
  }

  function next(): Waiting | undefined {
    for (const [address, line] of lines) {
      for (const one of line) {
        remove(address, one);
        if (line.size > 0) {
          lines.delete(address);
          lines.set(address, line);
        }
        return one;
      }
    }
    return undefined;
  }

  /** The longest line loses its last request to an address that has less than that: a crowd cannot shut others out. */
  function makeRoom(address: string): boolean {
    let longest: { address: string; line: Set<Waiting> } | undefined;
    for (const [other, line] of lines) {
      if (line.size > (longest?.line.size ?? 0)) longest = { address: other, line };
    }
    const own = lines.get(address)?.size ?? 0;
    if (longest === undefined || longest.line.size <= own + 1) return false;
    const last = [...longest.line].at(-1);
    if (last === undefined) return false;
    remove(longest.address, last);
    last.refuse(new RateLimitError(RETRY_AFTER_S));
    return true;
  }

  function turn(address: string): Promise<void> {
    const ofAddress = lines.get(address)?.size ?? 0;
    if (ofAddress >= waitingOfAddressMax) throw new RateLimitError(RETRY_AFTER_S);
    if (waiting >= waitingMax && !makeRoom(address)) {
      throw new UnavailableError('too many logins at once', RETRY_AFTER_S);
    }
    return new Promise((resolve, reject) => {
      const timer = clock.setTimeout(() => {
        remove(address, one);
        reject(new UnavailableError('too many logins at once', RETRY_AFTER_S));
      }, waitMaxMs);
      const one: Waiting = {
        begin() {
          timer.cancel();
          resolve();
        },
        refuse(error) {
          timer.cancel();
          reject(error);
        },
      };
      const line = lines.get(address) ?? new Set();
      line.add(one);
      lines.set(address, line);
      waiting += 1;
    });
  }

  return {
    waiting: () => waiting,
    async run(address, work) {
      if (running < atOnce) running += 1;
      else await turn(address);
      try {
        return await work();
      } finally {
        // The core goes to the next in line without becoming free in between.
        const one = next();
        if (one) one.begin();
        else running -= 1;
      }
    },
  };
}
