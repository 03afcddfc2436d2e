import { deadLetters, retryDeadLetters } from '@chasqui/db';
import { millisecondsOf, quietLog, startTcpProxy, until } from '@chasqui/testkit';
import { openWorkerRoom, QUEUE, type WorkerRoom } from './testing/workerRoom';
import { createWorker, type Worker } from './createWorker';

// Wake-ups while stores, connections and workers fail.

let room: WorkerRoom<Worker>;
beforeEach(async () => {
  room = await openWorkerRoom((settings) =>
    createWorker({
      ...{ ...settings, retentionMaxS: null, dataDir: null, log: quietLog() },
      metrics: { host: '127.0.0.1', port: 0 },
    }),
  );
});
afterEach(() => room.close());

test('[D5] after FLUSHALL, every pending delivery has a job again, due or not', async () => {
  await room.startWorker();
  const users: string[] = [];
  for (let i = 0; i < 5; i += 1)
    users.push(await room.recipientWaiting({ nextAt: `now() + interval '1 hour'` }));
  await room.redis.flushall();
  await until('every delivery has a job', async () => (await room.jobs()).delayed.length === 5);
  await room.redis.flushall();
  await until(
    'every delivery has a job again',
    async () => (await room.jobs()).delayed.length === 5,
  );
  for (const jobId of (await room.jobs()).delayed) {
    const data = await room.redis.hget(`${QUEUE}:${jobId}`, 'data');
    expect(users).toContain((JSON.parse(data ?? '') as { userId: string }).userId);
  }
});

test('[D5] recipients are woken after kill -9 of Redis and an empty restart', async () => {
  await room.startWorker();
  const later = await room.recipientWaiting({ nextAt: `now() + interval '1 hour'` });
  await until('the bus works', () => room.bus.connected());
  await room.server.kill();
  const now = await room.recipientWaiting();
  await room.server.start();
  await room.isWoken(now);
  await until('the other delivery has a job', async () =>
    (await room.jobs()).delayed.some((jobId) => jobId.startsWith(later)),
  );
});

test('[D11] the worker starts without Redis and PostgreSQL, and works when they are available', async () => {
  const userId = await room.recipientWaiting();
  await room.server.kill();
  await room.startWorker();
  const nowhere = await room.startWorker({ databaseUrl: 'postgres://nobody@127.0.0.1:1/nothing' });
  await room.server.start();
  await room.isWoken(userId);
  const health = await fetch(`http://127.0.0.1:${nowhere.operatorPort}/healthz`);
  expect(health.status).toBe(200);
});

test('/healthz reports whether PostgreSQL can be used, and why not', async () => {
  const worker = await room.startWorker();
  const health = async (): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${worker.operatorPort}/healthz`)).json();
  const becomes = (expected: object): Promise<unknown> =>
    until(`/healthz returns ${JSON.stringify(expected)}`, async () => {
      const found = await health();
      return Object.entries(expected).every(
        ([name, value]) =>
          typeof found === 'object' && found !== null && Reflect.get(found, name) === value,
      );
    });
  await becomes({ status: 'ok', redis: true, postgres: true });
  await room.sql('ALTER TABLE migrations RENAME TO elsewhere');
  await becomes({
    ...{ status: 'degraded', redis: true, postgres: false },
    reason: 'the schema is missing: run npm run migrate',
  });
  await room.sql('ALTER TABLE elsewhere RENAME TO migrations');
  await becomes({ status: 'ok', postgres: true });
});

test('[D5] a job is handed out again each time its worker is killed', async () => {
  // Neither a sweep nor another attempt wakes the user.
  await room.startWorker({ sweepIntervalMs: 3_600_000, backoffMs: 600_000 });
  await until('the worker is running', async () =>
    (await room.redis.get('chasqui:queue'))?.startsWith('whole'),
  );
  const userId = await room.recipientWaiting();
  for (let death = 1; death <= 3; death += 1) {
    const jobId = `${userId}.death-${death}`;
    await room.redis.hset(`${QUEUE}:${jobId}`, {
      name: '__default__',
      data: JSON.stringify({ userId }),
      opts: JSON.stringify({ removeOnComplete: true, removeOnFail: true, attempts: 1 }),
      timestamp: Date.now(),
      stalledCounter: death - 1,
    });
    await room.sql(
      'UPDATE deliveries SET job_id = $2, next_at = now() WHERE user_id = $1',
      userId,
      jobId,
    );
    const times = room.wakeCount(userId);
    // State after a worker died: the job is active and nobody holds its lock.
    await room.redis.lpush(`${QUEUE}:active`, jobId);
    await until('the job runs again', () => room.wakeCount(userId) > times);
  }
});

test('[D5] a delivery that always fails becomes dead, is listed with its reason and can be retried; others are not affected', async () => {
  const poisoned = await room.recipientWaiting();
  await room.sql(`
    CREATE FUNCTION fail_on_purpose() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'broken on purpose'; END $$`);
  await room.sql(`
    CREATE TRIGGER fail_on_purpose BEFORE UPDATE OF attempts ON deliveries FOR EACH ROW
    WHEN (NEW.user_id = '${poisoned}' AND NEW.attempts > OLD.attempts) EXECUTE FUNCTION fail_on_purpose()`);
  const worker = await room.startWorker({ sweepIntervalMs: 100 });
  const healthy = await room.recipientWaiting();
  await room.isWoken(healthy);
  await until('the delivery is dead', async () => (await room.rowOf(poisoned))?.dead);
  expect(await room.rowOf(poisoned)).toMatchObject({ errors: 10, lastError: 'broken on purpose' });
  expect(await deadLetters(room.db, { limit: 10 })).toMatchObject([
    { userId: poisoned, reason: 'broken on purpose' },
  ]);
  expect(await room.metric(worker, 'chasqui_deliveries{state="dead"}')).toBe(1);

  await room.sql('DROP TRIGGER fail_on_purpose ON deliveries');
  expect(await retryDeadLetters(room.db, [poisoned])).toHaveLength(1);
  await room.isWoken(poisoned);
  expect(await room.rowOf(poisoned)).toMatchObject({ dead: false, errors: 0 });
});

test('[D5] after a crash, missing rows are inserted and stale rows are deleted', async () => {
  const forgotten = await room.recipientWaiting({ withRow: false });
  const settled = await room.recipientWaiting();
  await room.sql('UPDATE participants SET acked_seq = 1 WHERE user_id = $1', settled);
  await room.startWorker();
  await room.isWoken(forgotten);
  await until('the row is gone', async () => (await room.rowOf(settled)) === null);
  expect(room.wakeCount(settled)).toBe(0);
});

test('[D5] wake-ups resume after a silent cut between worker and Redis', async () => {
  const proxy = await startTcpProxy(room.server.port);
  await room.startWorker({ redisUrl: `redis://127.0.0.1:${proxy.port}` });
  await room.isWoken(await room.recipientWaiting());
  proxy.cut();
  const meanwhile = await room.recipientWaiting();
  proxy.heal();
  await until('the recipient is woken', () => room.wakeCount(meanwhile) > 0);
  await proxy.close();
});

test('[D5] no recipient is woken too often after Redis was frozen for longer than a lock lives', async () => {
  const worker = await room.startWorker();
  const users = [await room.recipientWaiting(), await room.recipientWaiting()];
  for (const userId of users) await room.isWoken(userId);
  const frozenAt = performance.now();
  room.server.freeze();
  await until('locks have expired', () => performance.now() - frozenAt > 16_000);
  room.server.thaw();
  const before = users.map(room.wakeCount);
  await until('both are woken again', () =>
    users.every((userId, i) => room.wakeCount(userId) > (before[i] ?? 0)),
  );
  expect(await room.wokenTooOften(users)).toEqual([]);
  expect(await room.metric(worker, 'chasqui_wakeups_total{outcome="error"}')).toBe(0);
});

test.each(['running', 'frozen', 'gone'])(
  'the worker stops within 10 s while Redis is %s',
  async (state) => {
    const userId = await room.recipientWaiting();
    const worker = await room.startWorker();
    await room.isWoken(userId);
    if (state === 'frozen') room.server.freeze();
    if (state === 'gone') await room.server.kill();
    expect(await millisecondsOf(() => worker.stop())).toBeLessThan(10_000);
  },
);
