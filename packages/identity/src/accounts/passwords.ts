import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { createFairQueue, type Requester } from '@chasqui/limits';

// argon2id, 19 MiB, two passes: the first choice of OWASP's cheat sheet. About 25 ms of one core.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** At 25 ms each they take 7.5 s of one core. */
const WAITING_OF_ADDRESS_MAX = 300;
const WAITING_MAX = 1_000;
/** Shorter than the request time-out, so that the refusal still arrives. */
const WAIT_MAX_MS = 8_000;

export interface Passwords {
  /** The hash to store for a new password. */
  hash(password: string, who: Requester): Promise<string>;
  /**
   * Whether the password matches the hash. Without a hash it does the same work and returns false.
   */
  verify(password: string, stored: string | null, who: Requester): Promise<boolean>;
}

/**
 * Hashes passwords on all cores but one, so that a flood of logins leaves one core for everything
 * else. Requests are queued fairly by address, then by account. Both methods throw RateLimitError
 * and UnavailableError as `FairQueue.run` does.
 */
export function createPasswords(now: () => number): Passwords {
  const queue = createFairQueue({
    concurrency: Math.max(1, availableParallelism() - 1),
    waitingMaxPerUser: WAITING_OF_ADDRESS_MAX,
    waitingMaxPerAddress: WAITING_OF_ADDRESS_MAX,
    waitingMax: WAITING_MAX,
    waitMaxMs: WAIT_MAX_MS,
    now,
  });
  // Compared with when the user does not exist, so that response times do not reveal it.
  const nobody = hash('a password that nobody has', PARAMETERS);
  nobody.catch(() => undefined);
  return {
    hash: (password, who) => queue.run(who, () => hash(password, PARAMETERS)),
    async verify(password, stored, who) {
      const against = stored ?? (await nobody);
      const right = await queue.run(who, () => verify(against, password));
      return right && stored !== null;
    },
  };
}
