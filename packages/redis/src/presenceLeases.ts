import type Redis from 'ioredis';

/**
 * Presence as Redis keeps it: per user a sorted set of leases by expiry, and one sorted set of all
 * online users by the moment at which somebody has to look at them again. A user is online while
 * in the latter. Each script is atomic and reads Redis' own clock, so that of all nodes exactly one
 * is told of a change, and no node's clock matters.
 */
export interface PresenceLeases {
  /**
   * Takes or extends leases, `[userId, lease]` pairs. Returns the users who were offline before;
   * with `restoring` not those whom Redis merely forgot when it lost everything.
   */
  hold(pairs: [string, string][], restoring: boolean): Promise<Change>;
  /**
   * Gives leases back. A user without another living lease goes offline after `graceMs`, found by
   * `reap`; with 0 at once, and is in the answer.
   */
  drop(pairs: [string, string][], graceMs: number): Promise<Change>;
  /** Users whose last lease or grace has ended, each told to one caller only; at most `limit`. */
  reap(limit: number): Promise<Change & { more: boolean }>;
  /** Which of these users are online. */
  online(userIds: string[]): Promise<Set<string>>;
}

export interface Change {
  userIds: string[];
  /** Milliseconds since 1970 by Redis' clock. */
  at: number;
}

const NOW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

// KEYS: users, leases (base), epoch. The epoch is when Redis last began with nothing.
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
    -- Unknown and not young: somebody else has reported the user offline already.
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

// When nobody has reaped for a while, Redis or all nodes were away, and leases ran out only because
// nobody could extend them: the living get time to do so before anybody is called gone (D10).
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
  /** Life of a lease that nobody extends. */
  leaseMs: number;
  /** No reaper for this long: everybody was away. */
  awayMs: number;
  /** How long after that nobody is reaped. */
  quietMs: number;
}

/**
 * Those of one shard; `prefix` holds its tag, so that in a cluster all its keys are in one slot. Throws
 * whatever the connection throws; waits no longer than its time-out.
 */
export function createPresenceLeases(
  redis: Redis,
  prefix: string,
  timing: LeaseTiming,
): PresenceLeases {
  const base = `${prefix}chasqui:presence`;
  const users = `${base}:users`;
  const leases = `${base}:leases:`;
  const run = scriptRunner(redis);
  return {
    async hold(pairs, restoring) {
      const [at, userIds] = await run(
        'Hold',
        HOLD,
        [users, leases, `${base}:epoch`],
        [timing.leaseMs, restoring ? 1 : 0, ...pairs.flat()],
      );
      return { at, userIds };
    },
    async drop(pairs, graceMs) {
      const [at, userIds] = await run(
        'Drop',
        DROP,
        [users, leases, `${base}:epoch`],
        [timing.leaseMs, graceMs, ...pairs.flat()],
      );
      return { at, userIds };
    },
    async reap(limit) {
      const [at, userIds, more] = await run(
        'Reap',
        REAP,
        [users, leases, `${base}:reaper`],
        [limit, timing.awayMs, timing.quietMs],
      );
      return { at, userIds, more: more === 1 };
    },
    async online(userIds) {
      const [, online] = await run('Online', ONLINE, [users], userIds);
      return new Set(online);
    },
  };
}

type Answer = [at: number, userIds: string[], more?: number];

function scriptRunner(redis: Redis) {
  const defined = new Set<string>();
  return async (
    name: string,
    lua: string,
    keys: string[],
    args: (string | number)[],
  ): Promise<Answer> => {
    const command = `chasquiPresence${name}`;
    if (!defined.has(command)) {
      redis.defineCommand(command, { lua });
      defined.add(command);
    }
    // defineCommand adds a method that only the type does not know.
    const script: unknown = Reflect.get(redis, command);
    if (typeof script !== 'function') throw new Error(`no script ${command}`);
    const answer: unknown = await Reflect.apply(script, redis, [keys.length, ...keys, ...args]);
    return parseAnswer(answer);
  };
}

function parseAnswer(answer: unknown): Answer {
  if (!Array.isArray(answer) || !Array.isArray(answer[1])) {
    throw new Error('Redis answered a presence script with something else');
  }
  return [Number(answer[0]), answer[1].map(String), Number(answer[2] ?? 0)];
}
