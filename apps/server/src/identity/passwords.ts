import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { UnavailableError } from '@pern/protocol/errors';

// argon2id, 19 MiB, two passes: the first choice of OWASP's cheat sheet. About 25 ms of one core.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Hashings that may wait for a core; at 25 ms each the last one is answered within its ten seconds. */
const WAITING_MAX = 300;

export interface Passwords {
  /** What to store for a new password. */
  hash(password: string): Promise<string>;
  /** Whether the password belongs to the hash. Without a hash it does the same work and says no. */
  verify(password: string, stored: string | null): Promise<boolean>;
}

/**
 * Hashes passwords, on all cores but one: a flood of logins leaves that to everybody else.
 * Throws UnavailableError when more wait than can be answered in time.
 */
export function createPasswords(): Passwords {
  const withCore = createGate(Math.max(1, availableParallelism() - 1), WAITING_MAX);
  // Compared with when there is no such user, so that the time an answer takes does not tell (FAULTS, attackers 7).
  const nobody = hash('a password that nobody has', PARAMETERS);
  nobody.catch(() => undefined);
  return {
    hash: (password) => withCore(() => hash(password, PARAMETERS)),
    async verify(password, stored) {
      const against = stored ?? (await nobody);
      const right = await withCore(() => verify(against, password));
      return right && stored !== null;
    },
  };
}

function createGate(places: number, waitingMax: number) {
  const waiting: (() => void)[] = [];
  let free = places;
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free === 0) {
      if (waiting.length >= waitingMax) throw new UnavailableError('too many logins at once', 2);
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else free--;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
}
