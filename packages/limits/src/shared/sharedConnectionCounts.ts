import type { Log } from '@chasqui/foundation';
import { createShardedScript, type LimitStore } from './shardedScript';

/** What each node holds for whom, kept in Redis for as long as the node goes on saying so. */
export interface SharedConnectionCounts {
  /**
   * Says what this node holds, for so many milliseconds; 0 takes it back. Resolves to what the others hold of
   * each, in their order; null where Redis did not say. Never throws.
   */
  report(
    holdings: readonly { key: string; count: number }[],
    forMs: number,
  ): Promise<(number | null)[]>;
}

// Per key a hash: node → when it ends, and the count.
const REPORT = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local node, for_ms = ARGV[1], tonumber(ARGV[2])
local others = {}
for i, key in ipairs(KEYS) do
  local count = tonumber(ARGV[2 + i])
  if count > 0 then
    redis.call('HSET', key, node, string.format('%.0f:%d', now + for_ms, count))
  else
    redis.call('HDEL', key, node)
  end
  local sum = 0
  local held = redis.call('HGETALL', key)
  for j = 1, #held, 2 do
    local ends, theirs = string.match(held[j + 1], '(%d+):(%d+)')
    if tonumber(ends) <= now then
      redis.call('HDEL', key, held[j])
    elseif held[j] ~= node then
      sum = sum + tonumber(theirs)
    end
  end
  redis.call('PEXPIRE', key, for_ms)
  others[i] = sum
end
return others
`;

interface SharedConnectionCountsOptions {
  stores: readonly LimitStore[];
  nodeId: string;
  log: Log;
  now: () => number;
}

export function createSharedConnectionCounts({
  stores,
  nodeId,
  log,
  now,
}: SharedConnectionCountsOptions): SharedConnectionCounts {
  const run = createShardedScript({ stores, name: 'chasquiHold', lua: REPORT, log, now });
  return {
    report: (holdings, forMs) =>
      run(
        holdings.map(({ key, count }) => ({ key: `chasqui:places:${key}`, args: [count] })),
        [nodeId, forMs],
      ),
  };
}
