import type { Clock } from '@chasqui/foundation';
import { RateLimitError } from '@chasqui/protocol';
import { type Buckets, createBuckets } from './local/buckets';
import type { Action, ActionRates } from './actions';
import type { SharedDeficits } from './shared/sharedDeficits';

/** Rate limits per user and address, over all transports and nodes. No method waits for Redis. */
export interface Limits<K extends string = Action> {
  /**
   * Counts one action and returns 0, or returns the milliseconds to wait and counts nothing. A null
   * user or address is not counted.
   */
  take(action: K, userId: string | null, address: string | null): number;
  /** As `take`, without counting. */
  peek(action: K, userId: string | null, address: string | null): number;
  /** Counts `amount` after the fact, even beyond the limit; later calls wait for the deficit. */
  charge(action: K, who: Who, amount: number): void;
  /** Counts a refusal decided elsewhere (reservations.ts). */
  countRefusal(action: K): void;
  /** Refusals since the node started, by action. */
  refusals(): Readonly<Record<string, number>>;
  stop(): void;
}

/** Minimum time between reports to the other nodes; the first report goes out immediately. */
const REPORT_EVERY_MS = 50;
const TIDY_EVERY_MS = 10_000;

interface LimitsOptions<K extends string> {
  rates: Readonly<Record<K, ActionRates>>;
  deficits: SharedDeficits;
  /** Must be monotonic. */
  clock: Clock;
}

/**
 * Each node serves from its own buckets and reports those used by an eighth. Redis adds up the
 * reports and returns the deficit over all nodes, which the node then waits out. With n nodes,
 * nobody gets more than `perSecond × time + n × burst`, and in the long run exactly the rate.
 * Without Redis each node limits alone.
 */
export function createLimits<K extends string>({
  rates,
  deficits,
  clock,
}: LimitsOptions<K>): Limits<K> {
  const refused = new Map<string, number>();
  const named: (readonly [name: string, buckets: Buckets])[] = [];
  const bucketsByAction = new Map<string, ByScope>();
  let reporting = false;
  let reportedAt = -Infinity;
  let stopped = false;

  for (const [action, rate] of Object.entries<ActionRates>(rates)) {
    const bucketsOf = (scope: keyof ActionRates): Buckets | undefined => {
      const limit = rate[scope];
      if (limit === undefined) return undefined;
      const buckets = createBuckets({ rate: limit, onDue: reportSoon });
      named.push([`${action}:${scope}`, buckets]);
      return buckets;
    };
    bucketsByAction.set(action, {
      user: bucketsOf('user'),
      address: bucketsOf('address'),
    });
    refused.set(action, 0);
  }

  function reportSoon(): void {
    if (reporting || stopped) return;
    reporting = true;
    const waitMs = Math.max(0, reportedAt + REPORT_EVERY_MS - clock.now());
    clock.setTimeout(() => {
      reporting = false;
      void report();
    }, waitMs);
  }

  async function report(): Promise<void> {
    reportedAt = clock.now();
    const uses = named.flatMap(([name, buckets]) =>
      buckets.unreported().map(({ key, ms }) => ({ name, buckets, key, ms })),
    );
    if (!stopped) await shareUsage(uses);
  }

  async function shareUsage(uses: readonly NamedUse[]): Promise<void> {
    const at = clock.now();
    const answer = await deficits.add(
      uses.map(({ name, buckets, key, ms }) => ({
        key: `${name}:${key}`,
        ms,
        fullMs: buckets.fullMs,
      })),
    );
    uses.forEach(({ buckets, key }, index) => {
      const deficit = answer[index];
      if (typeof deficit === 'number') buckets.applyDeficit(key, deficit, at);
    });
  }

  function tidy(): void {
    if (stopped) return;
    const now = clock.now();
    for (const [, buckets] of named) buckets.forgetIdle(now);
    tidying = clock.setTimeout(tidy, TIDY_EVERY_MS);
  }
  let tidying = clock.setTimeout(tidy, TIDY_EVERY_MS);

  function scopesOf(action: string): ByScope {
    const scopes = bucketsByAction.get(action);
    if (scopes === undefined) throw new Error(`unknown action ${action}`);
    return scopes;
  }

  function countIfRefused(action: string, waitMs: number): number {
    if (waitMs > 0) refused.set(action, (refused.get(action) ?? 0) + 1);
    return waitMs;
  }

  function waitOf({ user, address }: ByScope, who: Who, now: number): number {
    return Math.max(
      who.userId === null ? 0 : (user?.waitMs(who.userId, now) ?? 0),
      who.address === null ? 0 : (address?.waitMs(who.address, now) ?? 0),
    );
  }

  return {
    take(action, userId, address) {
      const scopes = scopesOf(action);
      const now = clock.now();
      const waitMs = waitOf(scopes, { userId, address }, now);
      if (waitMs === 0) {
        if (userId !== null) scopes.user?.take(userId, now);
        if (address !== null) scopes.address?.take(address, now);
      }
      return countIfRefused(action, waitMs);
    },
    peek: (action, userId, address) =>
      countIfRefused(action, waitOf(scopesOf(action), { userId, address }, clock.now())),
    charge(action, { userId, address }, amount) {
      const scopes = scopesOf(action);
      const now = clock.now();
      if (userId !== null) scopes.user?.take(userId, now, amount);
      if (address !== null) scopes.address?.take(address, now, amount);
    },
    countRefusal: (action) => void countIfRefused(action, 1),
    refusals: () => Object.fromEntries(refused),
    stop() {
      stopped = true;
      tidying.cancel();
    },
  };
}

interface NamedUse {
  name: string;
  buckets: Buckets;
  key: string;
  ms: number;
}

type ByScope = Readonly<Record<'user' | 'address', Buckets | undefined>>;

interface Who {
  userId: string | null;
  address: string | null;
}

/** For RATE_LIMIT=off. */
export const noLimits: Limits<string> = {
  take: () => 0,
  peek: () => 0,
  charge: () => undefined,
  countRefusal: () => undefined,
  refusals: () => ({}),
  stop: () => undefined,
};

/** Throws RateLimitError if there is time to wait. */
export function refuseIf(waitMs: number): void {
  if (waitMs > 0) throw new RateLimitError(waitMs / 1_000);
}
