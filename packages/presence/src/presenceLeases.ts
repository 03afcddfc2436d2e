import { defineScript, type Script } from '@chasqui/redis';
import type Redis from 'ioredis';

/**
 * Presence in Redis: a sorted set of leases by expiry per user, and one sorted set of all online users by the time of
 * their next check. A user is online while in the latter. Each script is atomic and uses Redis' clock, so each change
 * is returned to exactly one node, and no node's clock matters.
 */
export interface PresenceLeases {
  /**
   * Takes or extends leases, given as `[userId, lease]` pairs. Returns the users who were offline before; with
   * `restoring`, without those whom Redis lost with its data.
   */
  hold(pairs: [string, string][], restoring: boolean): Promise<Change>;
  /**
   * Releases leases. A user without another valid lease goes offline after `graceMs` and is returned by `reap`; with
   * 0 at once, and is returned here.
   */
  drop(pairs: [string, string][], graceMs: number): Promise<Change>;
  /** Returns up to `limit` users whose last lease or grace time has expired, each to one caller only. */
  reap(limit: number): Promise<Change & { more: boolean }>;
  /** Returns those of the users who are online. */
  online(userIds: string[]): Promise<Set<string>>;
}

export interface Change {
  userIds: string[];
  /** Milliseconds since 1970, by Redis' clock. */
  at: number;
}

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

// KEYS: users, prefix of leases, epoch. The epoch is the time since which Redis has had data.
const EPOCH = `
redis.call('SET', KEYS[3], now, 'NX')
local young = now - tonumber(redis.call('GET', KEYS[3])) < tonumber(ARGV[1])
`;

const HOLD = `${NOW}${EPOCH}
local lease_ms = tonumber(ARGV[1])
local silent = ARGV[2] == '1' and young
local came = {}
for i = 3, #ARGV, 2 do
  local user = ARGV[i]
  local leases = KEYS[2] .. user
  redis.call('ZADD', leases, now + lease_ms, ARGV[i + 1])
  redis.call('PEXPIRE', leases, lease_ms * 3)
  local known = redis.call('ZSCORE', KEYS[1], user)
  if not known and not silent then came[#came + 1] = user end
  redis.call('ZADD', KEYS[1], now + lease_ms, user)
end
return {now, came}
`;

const DROP = `${NOW}${EPOCH}
local grace_ms = tonumber(ARGV[2])
local left = {}
for i = 3, #ARGV, 2 do
  local user = ARGV[i]
  local leases = KEYS[2] .. user
  redis.call('ZREM', leases, ARGV[i + 1])
  local last = redis.call('ZREVRANGE', leases, 0, 0, 'WITHSCORES')
  if last[2] and tonumber(last[2]) > now then
    redis.call('ZADD', KEYS[1], last[2], user)
  elseif grace_ms > 0 then
    -- Unknown user in an old database: another node has already reported the user offline.
    if young or redis.call('ZSCORE', KEYS[1], user) then
      redis.call('ZADD', KEYS[1], now + grace_ms, user)
    end
  else
    redis.call('DEL', leases)
    if redis.call('ZREM', KEYS[1], user) == 1 then left[#left + 1] = user end
  end
end
return {now, left}
`;

// When no node has reaped for a while, Redis or all nodes were down, and leases expired only because they could not
// be extended: open connections get time to renew before users are reported offline (D10).
const REAP = `${NOW}
local limit, away_ms, quiet_ms = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local run = redis.call('HMGET', KEYS[3], 'at', 'quiet')
redis.call('HSET', KEYS[3], 'at', now)
if not run[1] or now - tonumber(run[1]) > away_ms then
  redis.call('HSET', KEYS[3], 'quiet', now + quiet_ms)
  return {now, {}, 0}
end
if run[2] and tonumber(run[2]) > now then return {now, {}, 0} end
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, limit)
local left = {}
for _, user in ipairs(due) do
  local leases = KEYS[2] .. user
  redis.call('ZREMRANGEBYSCORE', leases, '-inf', now)
  local last = redis.call('ZREVRANGE', leases, 0, 0, 'WITHSCORES')
  if last[2] then
    redis.call('ZADD', KEYS[1], last[2], user)
  else
    redis.call('ZREM', KEYS[1], user)
    left[#left + 1] = user
  end
end
return {now, left, #due == limit and 1 or 0}
`;

const ONLINE = `
local online = {}
for _, user in ipairs(ARGV) do
  if redis.call('ZSCORE', KEYS[1], user) then online[#online + 1] = user end
end
return {0, online}
`;

export interface LeaseTiming {
  /** Lifetime of a lease that is not extended. */
  leaseMs: number;
  /** Without a reaper for this long, all nodes or Redis were down. */
  awayMs: number;
  /** How long to pause reaping after that. */
  quietMs: number;
}

/**
 * Creates the leases of one shard. `prefix` contains its tag, so that in a cluster all its keys share one slot.
 * Methods throw errors of the connection, and wait no longer than its time-out.
 */
export function createPresenceLeases(
  redis: Redis,
  prefix: string,
  timing: LeaseTiming,
): PresenceLeases {
  const base = `${prefix}chasqui:presence`;
  const users = `${base}:users`;
  const leases = `${base}:leases:`;
  const scripts = {
    hold: defineScript(redis, 'chasquiPresenceHold', HOLD),
    drop: defineScript(redis, 'chasquiPresenceDrop', DROP),
    reap: defineScript(redis, 'chasquiPresenceReap', REAP),
    online: defineScript(redis, 'chasquiPresenceOnline', ONLINE),
  };
  const run = async (name: keyof typeof scripts, ...asked: Parameters<Script>): Promise<Answer> =>
    parseAnswer(await scripts[name](...asked));
  return {
    async hold(pairs, restoring) {
      const [at, userIds] = await run(
        'hold',
        [users, leases, `${base}:epoch`],
        [timing.leaseMs, restoring ? 1 : 0, ...pairs.flat()],
      );
      return { at, userIds };
    },
    async drop(pairs, graceMs) {
      const [at, userIds] = await run(
        'drop',
        [users, leases, `${base}:epoch`],
        [timing.leaseMs, graceMs, ...pairs.flat()],
      );
      return { at, userIds };
    },
    async reap(limit) {
      const [at, userIds, more] = await run(
        'reap',
        [users, leases, `${base}:reaper`],
        [limit, timing.awayMs, timing.quietMs],
      );
      return { at, userIds, more: more === 1 };
    },
    async online(userIds) {
      const [, online] = await run('online', [users], userIds);
      return new Set(online);
    },
  };
}

type Answer = [at: number, userIds: string[], more?: number];

function parseAnswer(answer: unknown[]): Answer {
  if (!Array.isArray(answer[1])) {
    throw new Error('unexpected reply to a presence script');
  }
  return [Number(answer[0]), answer[1].map(String), Number(answer[2] ?? 0)];
}
