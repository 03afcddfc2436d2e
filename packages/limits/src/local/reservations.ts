import type { Clock } from '@chasqui/foundation';
import { RateLimitError } from '@chasqui/protocol';
import type { ActionRates } from '../actions';
import type { SharedDeficits } from '../shared/sharedDeficits';

type Scope = keyof ActionRates;
const SCOPES: readonly Scope[] = ['user', 'address', 'pair'];

/** Limits for what may fail and costs nobody anything unless it does: taken before it begins, given back afterwards. */
export interface Reservations {
  /**
   * Takes one for each scope, over all nodes in one step: of many attempts at once only as many begin as are left.
   * Nothing is taken when this node knows already that none is left for the address or the pair. Never throws; waits
   * half a second for Redis at most, and without Redis counts on this node alone.
   */
  reserve(keys: Readonly<Record<Scope, string>>): Promise<Reservation>;
}

export interface Reservation {
  /** For each scope 0 when one was left, or the milliseconds until one is. */
  readonly waitMs: Readonly<Record<Scope, number>>;
  /** Gives everything back. Never waits; a second call does nothing. */
  giveBack(): void;
  /** Gives everything back, counts a refusal and throws RateLimitError. */
  refuse(waitMs: number): never;
}

interface ReservationsOptions {
  action: string;
  rates: ActionRates;
  deficits: SharedDeficits;
  /** One that is never set back. */
  clock: Pick<Clock, 'now'>;
  onRefusal: () => void;
}

export function createReservations(options: ReservationsOptions): Reservations {
  const { action, rates, deficits, clock, onRefusal } = options;
  const scopes = SCOPES.flatMap((scope) => {
    const rate = rates[scope];
    if (rate === undefined) return [];
    const eachMs = 1_000 / rate.perSecond;
    return [{ scope, eachMs, fullMs: eachMs * rate.burst, levels: createLevels() }];
  });

  /** What every level lacks over all nodes, milliseconds; null where Redis did not say. */
  async function applyToShared(taken: readonly Taken[], sign: 1 | -1): Promise<(number | null)[]> {
    for (const { level, eachMs } of taken) level.pendingMs += sign * eachMs;
    const at = clock.now();
    const answer = await deficits.add(
      taken.map(({ scope, key, eachMs, fullMs }) => ({
        key: `${action}:${scope}:${key}`,
        ...{ ms: sign * eachMs, fullMs },
      })),
    );
    taken.forEach(({ level, eachMs }, index) => {
      level.pendingMs -= sign * eachMs;
      const deficit = answer[index];
      // One connection answers in order, so what is pending was sent after this and is not part of the answer.
      if (typeof deficit === 'number') level.sharedFullAt = at + deficit + level.pendingMs;
    });
    return answer;
  }

  return {
    async reserve(keys) {
      const waitMs: Record<Scope, number> = { user: 0, address: 0, pair: 0 };
      const now = clock.now();
      const requested = scopes.map(({ levels, ...rate }): Taken => {
        const key = keys[rate.scope];
        return { ...rate, key, level: levels.of(key, now) };
      });
      for (const { scope, level, eachMs, fullMs } of requested) {
        const missingMs = Math.max(level.ownFullAt, level.sharedFullAt) - now + eachMs - fullMs;
        waitMs[scope] = missingMs > ROUNDING_MS ? missingMs : 0;
      }
      const isRefused = waitMs.address > 0 || waitMs.pair > 0;
      // An empty level is left alone: attempts beyond it must not push the end of the wait away.
      const taken = isRefused ? [] : requested.filter(({ scope }) => waitMs[scope] === 0);
      for (const { level, eachMs } of taken) {
        level.ownFullAt = Math.max(level.ownFullAt, now) + eachMs;
        level.sharedFullAt = Math.max(level.sharedFullAt, now) + eachMs;
      }
      const answer = taken.length === 0 ? [] : await applyToShared(taken, 1);
      // Redis counts one after the other: its answer says which of two attempts at two nodes had the last one.
      taken.forEach(({ scope, fullMs }, index) => {
        const missingMs = (answer[index] ?? 0) - fullMs;
        if (missingMs > ROUNDING_MS) waitMs[scope] = missingMs;
      });

      let isBack = false;
      const giveBack = (): void => {
        if (isBack || taken.length === 0) return;
        isBack = true;
        for (const { level, eachMs } of taken) {
          level.ownFullAt -= eachMs;
          level.sharedFullAt -= eachMs;
        }
        void applyToShared(taken, -1);
      };
      return {
        waitMs,
        giveBack,
        refuse(refusedMs) {
          giveBack();
          onRefusal();
          throw new RateLimitError(refusedMs / 1_000);
        },
      };
    },
  };
}

/** How much of a bucket is used. Both moments lie in the past when it is full. */
interface Level {
  /** When it is full again, by what this node took. It holds when Redis has lost what it knew. */
  ownFullAt: number;
  /** The same by what all nodes took, as Redis said last. Unlike the other limits it also falls: much is given back. */
  sharedFullAt: number;
  /** Told to Redis and not answered yet. */
  pendingMs: number;
}

interface Taken {
  scope: Scope;
  key: string;
  level: Level;
  eachMs: number;
  fullMs: number;
}

/** Sums of fractions are not exact, and Redis answers in whole milliseconds. */
const ROUNDING_MS = 1;
const LEVELS_MAX = 20_000;

function createLevels() {
  const levels = new Map<string, Level>();

  function makeRoom(now: number): void {
    for (const [key, level] of levels) if (isUnused(level, now)) levels.delete(key);
    // The oldest go first, an eighth at a time so that this is rare. Redis still knows them.
    let excess = levels.size - Math.floor((LEVELS_MAX * 7) / 8);
    for (const key of levels.keys()) {
      if (excess-- <= 0) break;
      levels.delete(key);
    }
  }

  return {
    of(key: string, now: number): Level {
      const known = levels.get(key);
      if (known !== undefined) return known;
      if (levels.size >= LEVELS_MAX) makeRoom(now);
      const level: Level = { ownFullAt: now, sharedFullAt: now, pendingMs: 0 };
      levels.set(key, level);
      return level;
    },
  };
}

function isUnused({ ownFullAt, sharedFullAt, pendingMs }: Level, now: number): boolean {
  return pendingMs === 0 && ownFullAt <= now && sharedFullAt <= now;
}
