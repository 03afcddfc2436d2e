import { randomUUID } from 'node:crypto';
import { quietLog, until } from '@chasqui/testkit';
import { openWorkerRoom, QUEUE, type WorkerRoom } from './testing/workerRoom';
import { createWorker, type Worker } from './createWorker';

// Recipients with undelivered messages are woken, once per attempt, until they acknowledge.

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

test('[D5] the sweep wakes the recipient when a server died between commit and enqueue', async () => {
  const userId = await room.recipientWaiting({ nextAt: `now() - interval '1 minute'` });
  const worker = await room.startWorker();
  await room.isWoken(userId);
  expect(await room.metric(worker, 'chasqui_wakeups_total{outcome="woken"}')).toBeGreaterThan(0);
});

test('[D5] attempts back off exponentially with jitter, one job at a time, until the row is deleted', async () => {
  const userId = await room.recipientWaiting();
  // A trigger records every attempt, so that none is missed between two polls.
  await room.sql(`CREATE TABLE attempts_made (attempts integer, delay_ms float8)`);
  await room.sql(`
    CREATE FUNCTION note_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO attempts_made
      VALUES (NEW.attempts, extract(epoch FROM NEW.next_at - NEW.updated_at) * 1000);
      RETURN NULL;
    END $$`);
  await room.sql(`
    CREATE TRIGGER note_attempt AFTER UPDATE OF attempts ON deliveries FOR EACH ROW
    WHEN (NEW.attempts > OLD.attempts) EXECUTE FUNCTION note_attempt()`);
  const made = () => room.sql('SELECT attempts, delay_ms FROM attempts_made ORDER BY attempts');
  await room.startWorker();
  await until('there were four attempts', async () => {
    // A running job may already have enqueued the next attempt.
    const { delayed, waiting } = await room.jobs();
    expect(delayed.length + waiting.length).toBeLessThanOrEqual(1);
    return (await made()).length >= 4;
  });
  (await made()).forEach(([attempts, delayMs], i) => {
    expect(attempts).toBe(i + 1);
    const full = 200 * 2 ** (i + 1);
    expect(Number(delayMs)).toBeGreaterThanOrEqual(full * 0.8 - 1);
    expect(Number(delayMs)).toBeLessThanOrEqual(full * 1.2 + 1);
  });
  await room.acknowledge(userId);
  const attempts = (await made()).length;
  await until(
    'the queue is empty',
    async () => (await room.redis.keys(`${QUEUE}:*.*`)).length === 0,
  );
  expect(await made()).toHaveLength(attempts);
});

test('[D5] duplicate, stale and malformed jobs are harmless', async () => {
  // No attempts except the ones below.
  await room.startWorker({ sweepIntervalMs: 3_600_000, backoffMs: 600_000 });
  await until('the worker is running', async () =>
    (await room.redis.get('chasqui:queue'))?.startsWith('whole'),
  );
  const userId = await room.recipientWaiting({ nextAt: `now() + interval '1 hour'` });
  const push = async (jobId: string, data: unknown) => {
    await room.putJob(jobId, data, { delay: 0, priority: 0 });
    await room.redis.lpush(`${QUEUE}:wait`, jobId);
  };
  await push('a.1', { userId });
  await push('a.2', { userId });
  await push('b', { userId: 'nobody' });
  await push('c', 'bad');
  await push('d', { userId: randomUUID() });
  await until('all jobs are gone', async () =>
    (await room.redis.keys(`${QUEUE}:[abcd]*`)).every((key) => key.endsWith('delayed')),
  );
  expect(room.woken).toEqual([]);
  expect((await room.rowOf(userId))?.attempts).toBe(0);

  // The same job twice, and two jobs for one due recipient: one wake-up.
  await room.sql('UPDATE deliveries SET next_at = now() WHERE user_id = $1', userId);
  await Promise.all([push('e.1', { userId }), push('e.2', { userId }), push('e.3', { userId })]);
  await room.isWoken(userId);
  await until(
    'all jobs are gone',
    async () => (await room.redis.keys(`${QUEUE}:e.*`)).length === 0,
  );
  expect(room.wakeCount(userId)).toBe(1);
});

test('[D5] a job that Bull holds but never hands out is replaced', async () => {
  // No wake-up becomes due during this test.
  await room.startWorker({ backoffMs: 600_000 });
  const userId = await room.recipientWaiting({ nextAt: `now() - interval '1 minute'` });
  await room.isWoken(userId);
  const stuck = await until('the next job', async () => (await room.rowOf(userId))?.jobId);
  await room.redis.zrem(`${QUEUE}:delayed`, stuck);
  await room.redis.hset(`${QUEUE}:${stuck}`, 'data', JSON.stringify({ userId }));
  const times = room.wakeCount(userId);
  await room.sql(
    `UPDATE deliveries SET next_at = now() - interval '1 minute' WHERE user_id = $1`,
    userId,
  );
  await room.isWoken(userId, times + 1);
});

test('[D5] two workers wake each recipient once per attempt', async () => {
  await Promise.all([room.startWorker(), room.startWorker()]);
  const users: string[] = [];
  for (let i = 0; i < 40; i += 1) users.push(await room.recipientWaiting());
  await until('all were woken', () => users.every((userId) => room.wakeCount(userId) > 0));
  expect(await room.wokenTooOften(users)).toEqual([]);
});

test('the auditor runs periodically, and its metrics show the findings', async () => {
  const worker = await room.startWorker({ auditIntervalMs: 100 });
  const kinds = async (text: string) =>
    (await room.metrics(worker)).match(
      new RegExp(`^chasqui_audit_findings_total{.*} ${text}$`, 'gm'),
    );
  await until('the audit has run', async () => {
    return (await room.metric(worker, 'chasqui_audit_last_run_timestamp_seconds')) > 1_700_000_000;
  });
  expect(await room.metric(worker, 'chasqui_audit_sample_size')).toBe(0);
  expect(await kinds('0')).toHaveLength(11);
  // This conversation has no participants, contrary to its count.
  await room.recipientWaiting();
  await until('the finding is counted', async () => {
    return (
      (await room.metric(worker, 'chasqui_audit_findings_total{kind="participant_count"}')) === 1
    );
  });
  expect(await room.metric(worker, 'chasqui_audit_sample_size')).toBe(1);
});
