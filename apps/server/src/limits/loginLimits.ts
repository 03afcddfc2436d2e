import { createHmac } from 'node:crypto';
import type { FamiliarPlaces } from './familiarPlaces';
import { type Limits, refuseIf } from './limits';

/**
 * Who may try a password. Nobody can lock somebody else out: wrong ones from one address count against that account
 * at that address, and against the address. What counts against the account wherever it comes from, against
 * guessing from thousands of addresses, does not concern addresses from which its owner has logged in before, nor
 * sessions that there are.
 */
export interface LoginLimits {
  /** Throws RateLimitError when too many failed. */
  before(name: string, address: string): Promise<void>;
  /** The same for somebody who has a session and sets another password: what strangers do does not concern them. */
  beforeChange(name: string, address: string): Promise<void>;
  failed(name: string, address: string): Promise<void>;
  /** From now on this address is familiar to the account. Never waits. */
  succeeded(name: string, address: string): void;
}

interface Deps {
  limits: Limits;
  familiar: FamiliarPlaces;
  /** Names and addresses are kept in Redis as digests with this key only. */
  secret: string;
}

export function createLoginLimits({ limits, familiar, secret }: Deps): LoginLimits {
  const digest = (...parts: string[]): string =>
    createHmac('sha256', secret).update(JSON.stringify(parts)).digest('base64url').slice(0, 22);

  async function beforeChange(name: string, address: string): Promise<void> {
    const pair = digest(name, address);
    // A guess is worth the question: it costs a password hash anyway.
    await limits.hear('failedLogin', { user: digest(name), address, pair });
    refuseIf(limits.look('failedLogin', null, address));
    refuseIf(limits.lookPair('failedLogin', pair));
  }

  return {
    beforeChange,
    async before(name, address) {
      await beforeChange(name, address);
      const pair = digest(name, address);
      const account = limits.look('failedLogin', digest(name), null);
      if (account > 0 && !(await familiar.has(pair))) refuseIf(account);
    },
    async failed(name, address) {
      limits.takePair('failedLogin', digest(name, address));
      limits.take('failedLogin', null, address);
      limits.take('failedLogin', digest(name), null);
      await limits.tell();
    },
    succeeded: (name, address) => familiar.add(digest(name, address)),
  };
}
