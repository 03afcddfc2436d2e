import { createHmac } from 'node:crypto';
import type { KnownAddresses } from './knownAddresses';
import type { Reservations } from './reservations';

/**
 * Limits password attempts without letting anyone lock out somebody else. Wrong passwords count
 * against the account at that address, and against the address. They also count against the account
 * from any address, which stops guessing from thousands of addresses; that limit exempts addresses
 * from which the owner has logged in before, and existing sessions.
 */
export interface LoginLimits {
  /**
   * Runs a login attempt. It is counted before it runs, so concurrent attempts get no extra
   * guesses, and refunded unless the password was wrong. Throws RateLimitError without running it
   * after too many wrong passwords, and whatever `attempt` throws.
   */
  login<T>(who: Guesser, attempt: () => Promise<T>): Promise<T>;
  /**
   * The same for a user with a session who confirms the password; wrong attempts by others do not
   * count.
   */
  reauthenticate<T>(who: Guesser, attempt: () => Promise<T>): Promise<T>;
}

export interface Guesser {
  /** The account name as entered. */
  name: string;
  address: string;
  /** Whether an error of the attempt means that the password was wrong. */
  isWrong: (error: unknown) => boolean;
}

interface Deps {
  wrongPasswords: Reservations;
  knownAddresses: KnownAddresses;
  /** Redis stores names and addresses only as digests with this key. */
  key: Buffer;
  /** Previous keys; addresses known under them stay known. */
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
