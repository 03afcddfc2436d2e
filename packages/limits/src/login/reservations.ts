import type { Clock } from '@chasqui/foundation';
import { RateLimitError } from '@chasqui/protocol';
import type { ActionRates } from '../actions';
import type { SharedDeficits } from '../shared/sharedDeficits';

type Scope = keyof ActionRates;
const SCOPES: readonly Scope[] = ['user', 'address', 'pair'];

/**
 * Limits on attempts that cost only if they fail: reserved before the attempt, refunded on success.
 */
export interface Reservations {
  /**
   * Reserves one unit per scope, atomically over all nodes, so that of many concurrent attempts
   * only as many start as are left. Reserves nothing if this node already knows that the address or
   * pair has none left. Never throws. Waits at most half a second for Redis, and without Redis
   * counts on this node alone.
   */
  reserve(keys: Readonly<Record<Scope, string>>): Promise<Reservation>;
}

export interface Reservation {
  /** Per scope: 0 if a unit was left, else the milliseconds until one is. */
  readonly waitMs: Readonly<Record<Scope, number>>;
  /** Refunds everything. Never waits; a second call does nothing. */
  giveBack(): void;
  /** Refunds everything, counts a refusal and throws RateLimitError. */
  refuse(waitMs: number): never;
}

interface ReservationsOptions {
  action: string;
  rates: ActionRates;
  deficits: SharedDeficits;
  /** Must be monotonic. */
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

  /** The deficit of every level over all nodes, milliseconds; null if Redis did not answer. */
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
      // A connection answers in order, so pending amounts were sent later and are not in this
      // answer.
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
      // Leave an empty level alone: further attempts must not extend the wait.
      const taken = isRefused ? [] : requested.filter(({ scope }) => waitMs[scope] === 0);
      for (const { level, eachMs } of taken) {
        level.ownFullAt = Math.max(level.ownFullAt, now) + eachMs;
        level.sharedFullAt = Math.max(level.sharedFullAt, now) + eachMs;
      }
      const answer = taken.length === 0 ? [] : await applyToShared(taken, 1);
      // Redis serializes concurrent attempts on two nodes, so its answer decides which one got the
      // last unit.
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

/** Use of a bucket. It is full when both times are in the past. */
interface Level {
  /** When it is full again counting only this node's use; valid even if Redis lost its data. */
  ownFullAt: number;
  /**
   * The same over all nodes, as last reported by Redis. Unlike other limits it can decrease through
   * refunds.
   */
  sharedFullAt: number;
  /** Sent to Redis and not answered yet. */
  pendingMs: number;
}

interface Taken {
  scope: Scope;
  key: string;
  level: Level;
  eachMs: number;
  fullMs: number;
}

/** Sums of fractions are inexact, and Redis answers in whole milliseconds. */
const ROUNDING_MS = 1;
const LEVELS_MAX = 20_000;

function createLevels() {
  const levels = new Map<string, Level>();

  function makeRoom(now: number): void {
    for (const [key, level] of levels) if (isUnused(level, now)) levels.delete(key);
    // Evicts the oldest eighth at once, so that eviction is rare; Redis still has their state.
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
