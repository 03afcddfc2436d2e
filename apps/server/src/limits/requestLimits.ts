import type { Log } from '@pern/delivery/ports';
import { RateLimitError } from '@pern/protocol/errors';
import { createWindow, type LimitStore, type Window } from './window';

/** Limits of the REST door, over all nodes. Each method throws RateLimitError. */
export interface RequestLimits {
  /** One request of a user. */
  request(userId: string, address: string): Promise<void>;
  /** One request by somebody who has not proven who they are. */
  stranger(address: string): Promise<void>;
  /** One register, login or refresh: they cost a password hash or a transaction. */
  auth(address: string): Promise<void>;
  /** Asks before a login whether too many failed for this name or from this address. */
  beforeLogin(name: string, address: string): Promise<void>;
  failedLogin(name: string, address: string): Promise<void>;
}

const ADDRESS_FACTOR = 10;

/** Per user; an address, behind which many may sit, has ten times that. */
const REQUESTS = { points: 600, seconds: 10 };
const AUTH = { points: 60, seconds: 60 };
const FAILED_LOGINS = { points: 50, seconds: 600 };

export function createRequestLimits(stores: readonly LimitStore[], log: Log): RequestLimits {
  const pair = (name: string, { points, seconds }: { points: number; seconds: number }) => ({
    one: createWindow({ name: `${name}:user`, points, seconds }, stores, log),
    address: createWindow(
      { name: `${name}:address`, points: points * ADDRESS_FACTOR, seconds },
      stores,
      log,
    ),
  });
  const requests = pair('request', REQUESTS);
  const auth = pair('auth', AUTH);
  const failures = pair('failure', FAILED_LOGINS);
  return {
    request: (userId, address) =>
      within(requests.one.count(userId), requests.address.count(address)),
    stranger: (address) => within(requests.address.count(address)),
    auth: (address) => within(auth.address.count(address)),
    beforeLogin: (name, address) => within(failures.one.look(name), failures.address.look(address)),
    async failedLogin(name, address) {
      await Promise.all([failures.one.count(name), failures.address.count(address)]);
    },
  };
}

async function within(...counts: ReturnType<Window['count']>[]): Promise<void> {
  const waitMs = Math.max(...(await Promise.all(counts)));
  if (waitMs > 0) throw new RateLimitError(waitMs / 1000);
}

const allowed = (): Promise<void> => Promise.resolve();

/** For RATE_LIMIT=off. */
export const noRequestLimits: RequestLimits = {
  request: allowed,
  stranger: allowed,
  auth: allowed,
  beforeLogin: allowed,
  failedLogin: allowed,
};
