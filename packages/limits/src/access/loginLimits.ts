import { createHmac } from 'node:crypto';
import type { KnownAddresses } from './knownAddresses';
import type { Reservations } from '../local/reservations';

/**
 * Who may try a password. Nobody can lock somebody else out: wrong ones from one address count against that account
 * at that address, and against the address. What counts against the account wherever it comes from, against
 * guessing from thousands of addresses, does not concern addresses from which its owner has logged in before, nor
 * sessions that exist.
 */
export interface LoginLimits {
  /**
   * Runs an attempt to log in. It is counted before it begins, so that many at once get no more guesses than one after
   * another, and is given back unless it fails with a wrong password. Throws RateLimitError when too many were wrong,
   * without running it, and whatever `attempt` throws.
   */
  login<T>(who: Guesser, attempt: () => Promise<T>): Promise<T>;
  /** The same for somebody who has a session and proves the password again: what strangers do does not concern them. */
  reauthenticate<T>(who: Guesser, attempt: () => Promise<T>): Promise<T>;
}

export interface Guesser {
  /** The account, as it was named. */
  name: string;
  address: string;
  /** Whether an error of the attempt says that the password was wrong. */
  isWrong: (error: unknown) => boolean;
}

interface Deps {
  wrongPasswords: Reservations;
  knownAddresses: KnownAddresses;
  /** Names and addresses are kept in Redis as digests with this key only. */
  key: Buffer;
  /** Keys of before: addresses that were familiar by one of them still are. */
  earlierKeys: readonly (Buffer | string)[];
}

export function createLoginLimits(deps: Deps): LoginLimits {
  const { wrongPasswords, knownAddresses, key, earlierKeys } = deps;
  const digestBy = (by: Buffer | string, ...parts: string[]): string =>
    createHmac('sha256', by).update(JSON.stringify(parts)).digest('base64url').slice(0, 22);
  const digest = (...parts: string[]): string => digestBy(key, ...parts);

  async function isKnownAddress({ name, address }: Guesser): Promise<boolean> {
    const found = await Promise.all(
      [key, ...earlierKeys].map((by) => knownAddresses.has(digestBy(by, name, address))),
    );
    return found.includes(true);
  }

  async function attemptWithin<T>(
    { name, address, isWrong }: Guesser,
    accountCounts: () => Promise<boolean>,
    attempt: () => Promise<T>,
  ): Promise<T> {
    const [user, pair] = [digest(name), digest(name, address)];
    const reservation = await wrongPasswords.reserve({ user, address, pair });
    const { waitMs } = reservation;
    const here = Math.max(waitMs.address, waitMs.pair);
    if (here > 0) reservation.refuse(here);
    if (waitMs.user > 0 && (await accountCounts())) reservation.refuse(waitMs.user);
    try {
      const result = await attempt();
      reservation.giveBack();
      return result;
    } catch (error) {
      if (!isWrong(error)) reservation.giveBack();
      throw error;
    }
  }

  return {
    async login(who, attempt) {
      const isUnknownAddress = async () => !(await isKnownAddress(who));
      const result = await attemptWithin(who, isUnknownAddress, attempt);
      knownAddresses.add(digest(who.name, who.address));
      return result;
    },
    reauthenticate: (who, attempt) => attemptWithin(who, () => Promise.resolve(false), attempt),
  };
}

/** For RATE_LIMIT=off. */
export const noLoginLimits: LoginLimits = {
  login: (_who, attempt) => attempt(),
  reauthenticate: (_who, attempt) => attempt(),
};
