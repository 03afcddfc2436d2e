import type { Log } from '@chasqui/foundation';
import { createShardedScript, type LimitStore } from './shardedScript';

/** Use of one bucket on this node, to be added to that of the others. */
export interface Spent {
  key: string;
  /** Negative for a refund. */
  ms: number;
  /** Capacity of the bucket, in milliseconds of its rate. */
  fullMs: number;
}

/** Deficits over all nodes, kept in Redis: one number per bucket that is not full. */
export interface SharedDeficits {
  /**
   * Adds these uses and resolves to each bucket's deficit over all nodes in milliseconds, in order;
   * null if Redis did not answer. Never throws, and waits no longer than the connection's time-out.
   */
  add(spent: readonly Spent[]): Promise<(number | null)[]>;
}

/** If Redis' clock is set back, nobody may be locked out for longer than this many refills. */
const DEFICIT_MAX = 16;

/** Uses Redis' clock, so that the nodes' clocks do not matter. */
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
