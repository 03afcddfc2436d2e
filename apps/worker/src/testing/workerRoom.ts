import { randomUUID } from 'node:crypto';
import Redis from 'ioredis';
import { connectDatabase } from '@chasqui/db';
import { createBus, createRedisConnections } from '@chasqui/redis';
import { freshDatabase, quietLog, startRedisServer, until } from '@chasqui/testkit';

/** A worker within this process, as `createWorker` gives it. */
interface RunningWorker {
  readonly operatorPort: number | null;
  stop(): Promise<void>;
}

interface WorkerSettings {
  databaseUrl: string;
  redisUrl: string;
  backoffMs: number;
  sweepIntervalMs: number;
  auditIntervalMs: number;
  topicsKeptMs: number;
}

const usual = {
  backoffMs: 200,
  sweepIntervalMs: 500,
  auditIntervalMs: 3_600_000,
  topicsKeptMs: 3_600_000,
};

export const QUEUE = 'bull:message_delivery';

/** Workers on a database and a Redis of their own, recipients who wait, and a server node that hears who is woken. */
export type WorkerRoom<Worker extends RunningWorker> = Awaited<
  ReturnType<typeof openWorkerRoom<Worker>>
>;

export async function openWorkerRoom<Worker extends RunningWorker>(
  start: (settings: WorkerSettings) => Promise<Worker>,
) {
  const [database, server] = await Promise.all([freshDatabase(), startRedisServer()]);
  const db = connectDatabase({ url: database.url, poolMax: 4 });
  const redis = new Redis(server.url, { disconnectTimeout: 50 });
  redis.on('error', () => undefined);
  const connections = createRedisConnections({ url: server.url, log: quietLog() });
  const bus = createBus({ redis: connections, nodeId: 'server', log: quietLog() });
  /** User ids of the notifications that a server node received, in order. */
  const woken: string[] = [];
  const workers: Worker[] = [];
  bus.subscribe((notification) => {
    if (notification.type === 'recheck') woken.push(...notification.userIds);
  });

  const sql = (text: string, ...values: unknown[]) => db.query('', text, values);
  const wakeCount = (userId: string): number => woken.filter((id) => id === userId).length;

  const rowOf = async (userId: string) => {
    const [row] = await sql(
      `SELECT attempts, errors, last_error, dead_at IS NOT NULL, job_id
       FROM deliveries WHERE user_id = $1`,
      userId,
    );
    if (!row) return null;
    const [attempts, errors, lastError, dead, jobId] = row;
    return {
      attempts: Number(attempts),
      errors: Number(errors),
      lastError,
      dead,
      jobId: typeof jobId === 'string' ? jobId : null,
    };
  };

  const metrics = async (worker: Worker): Promise<string> =>
    (await fetch(`http://127.0.0.1:${worker.operatorPort}/metrics`)).text();

  return {
    ...{ db, server, redis, bus, woken, sql, wakeCount, rowOf, metrics },
    async startWorker(settings: Partial<WorkerSettings> = {}): Promise<Worker> {
      const own = { databaseUrl: database.url, redisUrl: server.url };
      const worker = await start({ ...own, ...usual, ...settings });
      workers.push(worker);
      return worker;
    },
    /** A user for whom one message has long been waiting, as a send leaves it when its node dies right after the commit. */
    async recipientWaiting({ nextAt = 'now()', withRow = true } = {}): Promise<string> {
      const [userId, otherId, conversationId] = [randomUUID(), randomUUID(), randomUUID()];
      for (const id of [userId, otherId]) {
        await sql(
          `INSERT INTO users (id, username, username_key, email, email_key, display_name, password_hash)
           VALUES ($1, $2, $2, $2, $2, 'x', 'x')`,
          id,
          `u${id.replaceAll('-', '')}`,
        );
      }
      await sql(
        `INSERT INTO conversations (id, type, created_by, last_seq) VALUES ($1, 'group', $2, 1)`,
        conversationId,
        otherId,
      );
      await sql(
        `INSERT INTO messages (conversation_id, seq, id, version, sender_id, content_encrypted, created_at)
         VALUES ($1, 1, $2, 1, $3, 'hush', now() - interval '1 hour')`,
        conversationId,
        randomUUID(),
        otherId,
      );
      const member = `INSERT INTO participants (conversation_id, user_id, role, joined_at, joined_seq, delivered_seq,
        read_seq, acked_seq, from_seq, from_version, from_pos, pending, activity_at)
        VALUES ($1, $2, 'member', now(), 1, 0, 0, 0, 0, 0, 0, true, now())`;
      const row = `INSERT INTO deliveries (user_id, next_at) VALUES ($2, ${nextAt})`;
      // In one transaction, as a send does it: between the two a sweep would make the row itself.
      await sql(withRow ? `WITH member AS (${member}) ${row}` : member, conversationId, userId);
      return userId;
    },
    /** The user acknowledged everything and the row went, as acknowledgements do it. */
    async acknowledge(userId: string): Promise<void> {
      await sql(
        'UPDATE participants SET acked_seq = 1, pending = false WHERE user_id = $1',
        userId,
      );
      await sql('DELETE FROM deliveries WHERE user_id = $1', userId);
    },
    isWoken: (userId: string, times = 1) =>
      until(`${userId} is woken`, () => wakeCount(userId) >= times),
    /**
     * Who was woken more than once for an attempt. Counted before the attempts are read: an attempt is committed before
     * anybody is woken by it.
     */
    async wokenTooOften(users: string[]): Promise<string[]> {
      const counts = new Map(users.map((userId) => [userId, wakeCount(userId)]));
      const rows = await Promise.all(users.map(rowOf));
      return users.filter((userId, i) => (counts.get(userId) ?? 0) > (rows[i]?.attempts ?? 0));
    },
    /** Puts a job into the queue as Bull would have it. */
    async putJob(jobId: string, data: unknown, more: Record<string, number> = {}): Promise<void> {
      await redis.hset(`${QUEUE}:${jobId}`, {
        name: '__default__',
        data: JSON.stringify(data),
        opts: JSON.stringify({ removeOnComplete: true, removeOnFail: true, attempts: 1 }),
        timestamp: Date.now(),
        ...more,
      });
    },
    /** At one moment. */
    async jobs() {
      const found = await redis
        .multi()
        .zrange(`${QUEUE}:delayed`, 0, -1)
        .lrange(`${QUEUE}:wait`, 0, -1)
        .exec();
      const [delayed = [], waiting = []] = (found ?? []).map(([, ids]) =>
        Array.isArray(ids) ? ids.map(String) : [],
      );
      return { delayed, waiting };
    },
    async metric(worker: Worker, line: string): Promise<number> {
      const found = (await metrics(worker)).split('\n').find((each) => each.startsWith(line));
      return Number(found?.split(' ').at(-1) ?? 0);
    },
    async close(): Promise<void> {
      await Promise.all(workers.map((worker) => worker.stop()));
      await bus.close();
      await connections.close();
      redis.disconnect();
      await db.close();
      await Promise.all([database.drop(), server.close()]);
    },
  };
}
