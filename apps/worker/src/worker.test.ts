import { randomUUID } from 'node:crypto';
import Redis from 'ioredis';
import { connectDatabase, type Database } from '@pern/db/connect';
import { deadLetters, retryDeadLetters } from '@pern/db/deadLetters';
import type { Hint } from '@pern/delivery/ports';
import { type NodeBus, createBus } from '@pern/redis/bus';
import { type Connections, createConnections } from '@pern/redis/connections';
import { type FreshDatabase, freshDatabase } from '@pern/testing/freshDatabase';
import { quietLog } from '@pern/testing/quietLog';
import { type RedisServer, startRedisServer } from '@pern/testing/redisServer';
import { startTcpProxy } from '@pern/testing/tcpProxy';
import { until } from '@pern/testing/until';
import { createWorker, type Worker, type WorkerOptions } from './createWorker';

const QUEUE = 'bull:message_delivery';

let database: FreshDatabase;
let db: Database;
let server: RedisServer;
let redis: Redis;
let connections: Connections;
let bus: NodeBus;
/** User ids of the hints that a server node heard, in order. */
let woken: string[];
let workers: Worker[];

beforeEach(async () => {
  [database, server] = await Promise.all([freshDatabase(), startRedisServer()]);
  db = connectDatabase({ url: database.url, poolMax: 4 });
  redis = new Redis(server.url, { disconnectTimeout: 50 });
  redis.on('error', () => undefined);
  connections = createConnections({ url: server.url, log: quietLog() });
  bus = createBus({ connections, nodeId: 'server', log: quietLog() });
  woken = [];
  workers = [];
  bus.subscribe((hint: Hint) => {
    if (hint.type === 'recheck') woken.push(...hint.userIds);
  });
});
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await bus.close();
  await connections.close();
  redis.disconnect();
  await db.close();
  await Promise.all([database.drop(), server.close()]);
});

async function startWorker(options: Partial<WorkerOptions> = {}): Promise<Worker> {
  const worker = await createWorker({
    databaseUrl: database.url,
    redisUrl: server.url,
    backoffMs: 200,
    sweepIntervalMs: 500,
    auditIntervalMs: 3_600_000,
    retentionMaxS: null,
    metrics: { host: '127.0.0.1', port: 0 },
    log: quietLog(),
    ...options,
  });
  workers.push(worker);
  return worker;
}

const sql = (text: string, ...values: unknown[]) => db.query('', text, values);

/** A user for whom one message waits, as a send leaves it when its node dies right after the commit. */
async function recipientWaiting({ nextAt = 'now()', withRow = true } = {}): Promise<string> {
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
     VALUES ($1, 1, $2, 1, $3, 'hush', now())`,
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
}

/** The user acknowledged everything and the row went, as acknowledgements do it. */
const acknowledge = async (userId: string): Promise<void> => {
  await sql('UPDATE participants SET acked_seq = 1, pending = false WHERE user_id = $1', userId);
  await sql('DELETE FROM deliveries WHERE user_id = $1', userId);
};

const rowOf = async (userId: string) => {
  const [row] = await sql(
    `SELECT attempts, errors, last_error, dead_at IS NOT NULL, job_id,
       (extract(epoch FROM next_at - now()) * 1000)::float8
     FROM deliveries WHERE user_id = $1`,
    userId,
  );
  if (!row) return null;
  const [attempts, errors, lastError, dead, jobId, delayMs] = row;
  return {
    attempts: Number(attempts),
    errors: Number(errors),
    lastError,
    dead,
    jobId: typeof jobId === 'string' ? jobId : null,
    delayMs: Number(delayMs),
  };
};

const wakeCount = (userId: string) => woken.filter((id) => id === userId).length;
const isWoken = (userId: string, times = 1) =>
  until(`${userId} is woken`, () => wakeCount(userId) >= times);
const jobs = async () => ({
  delayed: await redis.zrange(`${QUEUE}:delayed`, 0, -1),
  waiting: await redis.lrange(`${QUEUE}:wait`, 0, -1),
});
const metrics = async (worker: Worker): Promise<string> =>
  (await fetch(`http://127.0.0.1:${worker.operatorPort}/metrics`)).text();
const metric = async (worker: Worker, line: string): Promise<number> => {
  const found = (await metrics(worker)).split('\n').find((each) => each.startsWith(line));
  return Number(found?.split(' ').at(-1) ?? 0);
};

test('[D5] a server that died between commit and enqueue: the sweep wakes the recipient', async () => {
  const userId = await recipientWaiting({ nextAt: `now() - interval '1 minute'` });
  const worker = await startWorker();
  await isWoken(userId);
  expect(await metric(worker, 'chasqui_wakeups_total{outcome="woken"}')).toBeGreaterThan(0);
});

test('[D5] attempts back off exponentially with jitter, one job at a time, until the row goes', async () => {
  const userId = await recipientWaiting();
  await startWorker();
  const delays: number[] = [];
  for (let attempt = 1; attempt <= 4; attempt += 1) {
    await until(`attempt ${attempt}`, async () => (await rowOf(userId))?.attempts === attempt);
    const row = await rowOf(userId);
    if (row?.attempts === attempt) delays.push(row.delayMs);
    await until('its job is there', async () => (await jobs()).delayed.length === 1);
    expect((await jobs()).waiting).toEqual([]);
  }
  delays.forEach((delay, i) => {
    const full = 200 * 2 ** (i + 1);
    expect(delay).toBeGreaterThan(full * 0.8 - 300);
    expect(delay).toBeLessThanOrEqual(full * 1.2);
  });
  await acknowledge(userId);
  const times = wakeCount(userId);
  await until('the queue is empty', async () => (await redis.keys(`${QUEUE}:*.*`)).length === 0);
  expect(wakeCount(userId)).toBe(times);
});

test('[D5] FLUSHALL: jobs come back for all who wait, due or not', async () => {
  await startWorker();
  const users: string[] = [];
  for (let i = 0; i < 5; i += 1)
    users.push(await recipientWaiting({ nextAt: `now() + interval '1 hour'` }));
  await redis.flushall();
  await until('there is a job for each', async () => (await jobs()).delayed.length === 5);
  await redis.flushall();
  await until('and again', async () => (await jobs()).delayed.length === 5);
  for (const jobId of (await jobs()).delayed) {
    const data = await redis.hget(`${QUEUE}:${jobId}`, 'data');
    expect(users).toContain((JSON.parse(data ?? '') as { userId: string }).userId);
  }
});

test('[D5] kill -9 of Redis, restarted empty', async () => {
  await startWorker();
  const later = await recipientWaiting({ nextAt: `now() + interval '1 hour'` });
  await until('its job is gone or was never there', () => bus.connected());
  await server.kill();
  const now = await recipientWaiting();
  await server.start();
  await isWoken(now);
  await until('the other has a job', async () =>
    (await jobs()).delayed.some((jobId) => jobId.startsWith(later)),
  );
});

test('[D11] starts without Redis and PostgreSQL, and goes to work when they come', async () => {
  const userId = await recipientWaiting();
  await server.kill();
  await startWorker();
  const nowhere = await startWorker({ databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' });
  await server.start();
  await isWoken(userId);
  expect((await fetch(`http://127.0.0.1:${nowhere.operatorPort}/healthz`)).status).toBe(200);
});

test('[D5] doubled, stale and malformed jobs harm nothing', async () => {
  await startWorker({ sweepIntervalMs: 3_600_000 });
  await until('the worker is at work', async () =>
    (await redis.get('chasqui:queue'))?.startsWith('whole'),
  );
  const userId = await recipientWaiting({ nextAt: `now() + interval '1 hour'` });
  const push = async (jobId: string, data: unknown) => {
    await redis.hset(`${QUEUE}:${jobId}`, {
      name: '__default__',
      data: JSON.stringify(data),
      opts: JSON.stringify({ removeOnComplete: true, removeOnFail: true, attempts: 1 }),
      timestamp: Date.now(),
      delay: 0,
      priority: 0,
    });
    await redis.lpush(`${QUEUE}:wait`, jobId);
  };
  await push('a.1', { userId });
  await push('a.2', { userId });
  await push('b', { userId: 'nobody' });
  await push('c', 'bad');
  await push('d', { userId: randomUUID() });
  await until('all are gone', async () =>
    (await redis.keys(`${QUEUE}:[abcd]*`)).every((key) => key.endsWith('delayed')),
  );
  expect(woken).toEqual([]);
  expect((await rowOf(userId))?.attempts).toBe(0);

  // The same job twice, and two jobs for one due recipient: one wake-up.
  await sql('UPDATE deliveries SET next_at = now() WHERE user_id = $1', userId);
  await Promise.all([push('e.1', { userId }), push('e.2', { userId }), push('e.3', { userId })]);
  await isWoken(userId);
  await until('all are gone', async () => (await redis.keys(`${QUEUE}:e.*`)).length === 0);
  expect(wakeCount(userId)).toBe(1);
});

test('[D5] a job that Bull holds but never hands out is replaced', async () => {
  await startWorker();
  const userId = await recipientWaiting({ nextAt: `now() - interval '1 minute'` });
  await isWoken(userId);
  const stuck = await until('the next job', async () => (await rowOf(userId))?.jobId);
  await redis.zrem(`${QUEUE}:delayed`, stuck);
  await redis.hset(`${QUEUE}:${stuck}`, 'data', JSON.stringify({ userId }));
  const times = wakeCount(userId);
  await sql(
    `UPDATE deliveries SET next_at = now() - interval '1 minute' WHERE user_id = $1`,
    userId,
  );
  await isWoken(userId, times + 1);
});

test('[D5] the job of a worker that was killed at it comes again, however often', async () => {
  await startWorker({ sweepIntervalMs: 3_600_000 });
  await until('the worker is at work', async () =>
    (await redis.get('chasqui:queue'))?.startsWith('whole'),
  );
  const userId = await recipientWaiting();
  for (let death = 1; death <= 3; death += 1) {
    const jobId = `${userId}.death-${death}`;
    await redis.hset(`${QUEUE}:${jobId}`, {
      name: '__default__',
      data: JSON.stringify({ userId }),
      opts: JSON.stringify({ removeOnComplete: true, removeOnFail: true, attempts: 1 }),
      timestamp: Date.now(),
      stalledCounter: death - 1,
    });
    await sql(
      'UPDATE deliveries SET job_id = $2, next_at = now() WHERE user_id = $1',
      userId,
      jobId,
    );
    const times = wakeCount(userId);
    // What a dead worker leaves: at work, and nobody holds the lock.
    await redis.lpush(`${QUEUE}:active`, jobId);
    await until('it comes again', () => wakeCount(userId) > times, 20_000);
  }
}, 90_000);

test('[D5] one that always fails is given up after a while, shows with its reason, and can be retried; others flow', async () => {
  const poisoned = await recipientWaiting();
  await sql(`
    CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'this one is spoilt'; END $$`);
  await sql(`
    CREATE TRIGGER spoil BEFORE UPDATE OF attempts ON deliveries FOR EACH ROW
    WHEN (NEW.user_id = '${poisoned}' AND NEW.attempts > OLD.attempts) EXECUTE FUNCTION spoil()`);
  const worker = await startWorker({ sweepIntervalMs: 100 });
  const healthy = await recipientWaiting();
  await isWoken(healthy);
  await until('it is dead', async () => (await rowOf(poisoned))?.dead, 25_000);
  expect(await rowOf(poisoned)).toMatchObject({ errors: 10, lastError: 'this one is spoilt' });
  expect(await deadLetters(db, { limit: 10 })).toMatchObject([
    { userId: poisoned, reason: 'this one is spoilt' },
  ]);
  expect(await metric(worker, 'chasqui_deliveries{state="dead"}')).toBe(1);

  await sql('DROP TRIGGER spoil ON deliveries');
  expect(await retryDeadLetters(db, [poisoned])).toHaveLength(1);
  await isWoken(poisoned);
  expect(await rowOf(poisoned)).toMatchObject({ dead: false, errors: 0 });
});

test('[D5] marks and rows that a crash left behind are put right, in both directions', async () => {
  const forgotten = await recipientWaiting({ withRow: false });
  const settled = await recipientWaiting();
  await sql('UPDATE participants SET acked_seq = 1 WHERE user_id = $1', settled);
  await startWorker();
  await isWoken(forgotten);
  await until('the row is gone', async () => (await rowOf(settled)) === null);
  expect(wakeCount(settled)).toBe(0);
});

test('[D5] two workers wake each recipient once per attempt', async () => {
  await Promise.all([startWorker(), startWorker()]);
  const users: string[] = [];
  for (let i = 0; i < 40; i += 1) users.push(await recipientWaiting());
  await until('all were woken', () => users.every((userId) => wakeCount(userId) > 0));
  for (const userId of users) {
    const attempts = (await rowOf(userId))?.attempts ?? 0;
    expect(wakeCount(userId)).toBeLessThanOrEqual(attempts);
  }
});

test('[D5] worker and Redis cut off from each other without a word: wake-ups go on by themselves', async () => {
  const proxy = await startTcpProxy(server.port);
  await startWorker({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
  await isWoken(await recipientWaiting());
  proxy.cut();
  const meanwhile = await recipientWaiting();
  proxy.heal();
  await until('it is woken', () => wakeCount(meanwhile) > 0, 20_000);
  await proxy.close();
});

test('[D5] a Redis frozen for longer than the life of a lock', async () => {
  const worker = await startWorker();
  const users = [await recipientWaiting(), await recipientWaiting()];
  for (const userId of users) await isWoken(userId);
  const frozenAt = performance.now();
  server.freeze();
  await until('locks have run out', () => performance.now() - frozenAt > 16_000, 20_000);
  server.thaw();
  const before = users.map(wakeCount);
  await until('they are woken again', () =>
    users.every((userId, i) => wakeCount(userId) > (before[i] ?? 0)),
  );
  const attempts = (await Promise.all(users.map(rowOf))).map((row) => row?.attempts ?? 0);
  users.forEach((userId, i) => expect(wakeCount(userId)).toBeLessThanOrEqual(attempts[i] ?? 0));
  expect(await metric(worker, 'chasqui_wakeups_total{outcome="error"}')).toBe(0);
}, 60_000);

test('the auditor looks by itself, and its figures show what it found', async () => {
  const worker = await startWorker({ auditIntervalMs: 100 });
  const kinds = async (text: string) =>
    (await metrics(worker)).match(new RegExp(`^chasqui_audit_findings_total{.*} ${text}$`, 'gm'));
  await until('it has looked', async () => {
    return (await metric(worker, 'chasqui_audit_last_run_timestamp_seconds')) > 1_700_000_000;
  });
  expect(await metric(worker, 'chasqui_audit_sample_size')).toBe(0);
  expect(await kinds('0')).toHaveLength(11);
  // The conversation that is made for the test says that nobody is in it.
  await recipientWaiting();
  await until('it has found that', async () => {
    return (await metric(worker, 'chasqui_audit_findings_total{kind="participant_count"}')) === 1;
  });
  expect(await metric(worker, 'chasqui_audit_sample_size')).toBe(1);
});

test.each(['running', 'frozen', 'gone'])('stops within 10 s while Redis is %s', async (state) => {
  const userId = await recipientWaiting();
  const worker = await startWorker();
  await isWoken(userId);
  if (state === 'frozen') server.freeze();
  if (state === 'gone') await server.kill();
  const start = performance.now();
  await worker.stop();
  expect(performance.now() - start).toBeLessThan(8_000);
});
