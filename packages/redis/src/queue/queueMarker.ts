import { randomUUID } from 'node:crypto';
import type { RedisConnections } from '../connections/connections';

/**
 * A key that marks the queue in Redis as complete. It is gone after a flush or an empty restart, and contains the
 * server's run id: a restart from an older snapshot counts as a loss, and so does a promoted replica, which may not
 * have received everything.
 */
export interface QueueMarker {
  /**
   * Returns `whole`; or `lost` with a token, and then only this caller restores the queue; or `busy` while another
   * worker does. Throws when Redis does not answer in time.
   */
  inspect(): Promise<{ state: 'whole' | 'busy' } | { state: 'lost'; token: string }>;
  /** Extends the restoration. Returns false when Redis has lost its data again or another worker took over. */
  continues(token: string): Promise<boolean>;
  /** Marks the queue as complete. Returns false like `continues`. */
  finish(token: string): Promise<boolean>;
  /** Gives up the restoration, so that another worker can start it. */
  abandon(token: string): Promise<void>;
  /** Returns true for one worker per interval of `ms` and job. */
  takeTurn(job: 'sweep' | 'audit', ms: number): Promise<boolean>;
  close(): Promise<void>;
}

/** Another worker takes over this long after the restoring worker died. */
const RESTORING_MS = 15_000;

const INSPECT = `
local marker = redis.call('GET', KEYS[1])
if marker == 'whole:' .. ARGV[1] then return 'whole' end
if marker and string.sub(marker, 1, 10) == 'restoring:' then return 'busy' end
redis.call('SET', KEYS[1], 'restoring:' .. ARGV[2], 'PX', ARGV[3])
return 'lost'
`;

const PROCEED = `
if redis.call('GET', KEYS[1]) ~= 'restoring:' .. ARGV[1] then return 0 end
if ARGV[2] == 'continue' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
if ARGV[2] == 'finish' then redis.call('SET', KEYS[1], 'whole:' .. ARGV[3]) end
if ARGV[2] == 'abandon' then redis.call('DEL', KEYS[1]) end
return 1
`;

export function createQueueMarker(connections: RedisConnections): QueueMarker {
  const { prefix, queueShard } = connections;
  // On the queue's shard: in a cluster, only that master can lose it.
  const redis = connections.open('failing-fast', 'sweep', queueShard);
  const key = `${prefix}${queueShard.tag}chasqui:queue`;
  const runId = async (): Promise<string> =>
    /^run_id:(\w+)/m.exec(await redis.info('server'))?.[1] ?? 'unknown';
  const proceed = async (token: string, step: string, value: string | number): Promise<boolean> =>
    (await redis.eval(PROCEED, 1, key, token, step, value)) === 1;

  return {
    async inspect() {
      const token = randomUUID();
      const state = await redis.eval(INSPECT, 1, key, await runId(), token, RESTORING_MS);
      if (state === 'lost') return { state, token };
      return { state: state === 'whole' ? 'whole' : 'busy' };
    },
    continues: (token) => proceed(token, 'continue', RESTORING_MS),
    finish: async (token) => proceed(token, 'finish', await runId()),
    async abandon(token) {
      await proceed(token, 'abandon', '');
    },
    async takeTurn(job, ms) {
      const until = Math.max(1, Math.round(ms));
      return (await redis.set(`${key}:turn:${job}`, '1', 'PX', until, 'NX')) === 'OK';
    },
    close: () => connections.release(redis),
  };
}
