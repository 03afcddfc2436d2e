import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import type { Clock } from '@pern/delivery/ports';
import { createHashQueue } from './hashQueue';

// argon2id, 19 MiB, two passes: the first choice of OWASP's cheat sheet. About 25 ms of one core.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** At 25 ms each a full line takes 7.5 s of one core. */
const WAITING_OF_ADDRESS_MAX = 300;
const WAITING_MAX = 1_000;
/** Shorter than a request may take, so that the refusal still arrives. */
const WAIT_MAX_MS = 8_000;

export interface Passwords {
  /** What to store for a new password. `address` is where the request comes from: addresses take turns. */
  hash(password: string, address: string): Promise<string>;
  /** Whether the password belongs to the hash. Without a hash it does the same work and says no. */
  verify(password: string, stored: string | null, address: string): Promise<boolean>;
}

/**
 * Hashes passwords on all cores but one, so that a flood of logins leaves one core to everything else. Both methods
 * throw RateLimitError and UnavailableError as `HashQueue.run` does.
 */
export function createPasswords(clock: Pick<Clock, 'setTimeout'>): Passwords {
  const queue = createHashQueue({
    atOnce: Math.max(1, availableParallelism() - 1),
    waitingOfAddressMax: WAITING_OF_ADDRESS_MAX,
    waitingMax: WAITING_MAX,
    waitMaxMs: WAIT_MAX_MS,
    clock,
  });
  // Compared with when there is no such user, so that the time of an answer does not say whether there is one.
  const nobody = hash('a password that nobody has', PARAMETERS);
  nobody.catch(() => undefined);
  return {
    hash: (password, address) => queue.run(address, () => hash(password, PARAMETERS)),
    async verify(password, stored, address) {
      const against = stored ?? (await nobody);
      const right = await queue.run(address, () => verify(against, password));
      return right && stored !== null;
    },
  };
}
