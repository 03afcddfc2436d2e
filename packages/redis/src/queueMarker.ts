import { randomUUID } from 'node:crypto';
import type { Connections } from './connections';

/**
 * A key that says "nothing was lost since the queue was last made whole". It is gone when Redis was
 * flushed or restarted empty, and names the run of the server, so that a restart from an older
 * snapshot counts as a loss too; and so does a replica that takes over, which may not have had everything.
 */
export interface QueueMarker {
  /**
   * `whole`; or `lost`, and then the caller alone is to restore the queue, with the returned token;
   * or `busy` while another worker does. Throws when Redis does not answer in time.
   */
  inspect(): Promise<{ state: 'whole' | 'busy' } | { state: 'lost'; token: string }>;
  /** The restoring goes on; false when Redis has lost everything once more or another took over. */
  continues(token: string): Promise<boolean>;
  /** The queue is whole; false as above. */
  finish(token: string): Promise<boolean>;
  /** Restoring failed: the next to look may begin. */
  abandon(token: string): Promise<void>;
  /** Takes turns among workers at this job: true for one of them in each interval of `ms`. */
  takeTurn(job: 'sweep' | 'audit', ms: number): Promise<boolean>;
  close(): Promise<void>;
}

/** A worker that died while restoring is replaced after this long. */
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

export function createQueueMarker(connections: Connections): QueueMarker {
  const { prefix, queueShard } = connections;
  // Beside the queue: in a cluster only the master that holds it can lose it.
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
