import type { Log } from '@chasqui/foundation';
import { createShardedScript, type LimitStore } from './shardedScript';

/** Connection counts of every node, kept in Redis while the node keeps reporting them. */
export interface SharedConnectionCounts {
  /**
   * Reports this node's counts, valid for `forMs`; 0 withdraws one. Resolves to the sum of the
   * other nodes' counts per key, in order; null if Redis did not answer. Never throws.
   */
  report(
    holdings: readonly { key: string; count: number }[],
    forMs: number,
  ): Promise<(number | null)[]>;
}

// One hash per key: node → expiry and count.
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
