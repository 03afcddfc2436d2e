import type { Log } from '@chasqui/foundation';
import { createShardedScript, type LimitStore } from './shardedScript';

/** One bucket's use on this node, to be added to that of the others. */
export interface Spent {
  key: string;
  /** Negative for what was taken and is given back. */
  ms: number;
  /** What the bucket holds, in milliseconds of its rate. */
  fullMs: number;
}

/** What all nodes together have given away, kept in Redis: one number per bucket that is not full, gone when it is. */
export interface SharedDeficits {
  /**
   * Adds these and resolves to what each bucket lacks now over all nodes, milliseconds, in their order; null where
   * Redis did not say. Never throws, and waits no longer than the connection's time-out.
   */
  add(spent: readonly Spent[]): Promise<(number | null)[]>;
}

/** A clock of Redis that is set back must lock nobody out for longer than so many buckets take to fill. */
const DEFICIT_MAX = 16;

/** By Redis' clock, so that no node's clock matters. */
const ADD = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local debts = {}
for i, key in ipairs(KEYS) do
  local debt = math.max(0, tonumber(redis.call('GET', key) or 0) - now) + tonumber(ARGV[2 * i - 1])
  debt = math.min(debt, tonumber(ARGV[2 * i]))
  if debt > 0 then
    redis.call('SET', key, string.format('%.3f', now + debt), 'PX', math.max(1, math.ceil(debt)))
  elseif tonumber(ARGV[2 * i - 1]) < 0 then
    redis.call('DEL', key)
  end
  debts[i] = math.ceil(debt)
end
return debts
`;

export function createSharedDeficits(
  stores: readonly LimitStore[],
  log: Log,
  now: () => number,
): SharedDeficits {
  const run = createShardedScript({ stores, name: 'chasquiSpend', lua: ADD, log, now });
  return {
    add: (spent) =>
      run(
        spent.map(({ key, ms, fullMs }) => ({
          key: `chasqui:rate:${key}`,
          args: [ms, fullMs * DEFICIT_MAX],
        })),
      ),
  };
}
