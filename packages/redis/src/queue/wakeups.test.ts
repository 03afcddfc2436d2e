import { randomUUID } from 'node:crypto';
import type Redis from 'ioredis';
import { type AnyRedis, quietLog, redisKinds, startAnyRedis, until } from '@chasqui/testkit';
import { type RedisConnections, createRedisConnections } from '../connections/connections';
import {
  bullPrefix,
  createDeliveryQueue,
  DELIVERY_QUEUE,
  type DeliveryQueue,
} from './deliveryQueue';
import { createWakeups, type NodeWakeups, type WaitingRows } from './wakeups';

describe.each(redisKinds)('on %s', (kind) => {
  let server: AnyRedis;
  /** Prefix of the queue's keys. */
  let keys: string;
  let redis: Redis;
  let connections: RedisConnections;
  let queue: DeliveryQueue;
  let wakeups: NodeWakeups;
  /** Rows of PostgreSQL: job id by user id. */
  let rows: Map<string, string>;
  let questions: string[][];
  let requiredAges: number[];
  let known: WaitingRows;

  beforeEach(async () => {
    server = await startAnyRedis(kind);
    connections = createRedisConnections({ url: server.url, log: quietLog() });
    redis = connections.open('patient', 'looking', connections.queueShard);
    keys = `${bullPrefix(connections)}:${DELIVERY_QUEUE}`;
    queue = createDeliveryQueue(connections);
    rows = new Map();
    questions = [];
    requiredAges = [];
    known = {
      async waitingJobs(userIds, forMs) {
        questions.push(userIds);
        requiredAges.push(forMs);
        return userIds.flatMap((userId) => {
          const jobId = rows.get(userId);
          return jobId === undefined ? [] : [{ userId, jobId, delayMs: 60_000 }];
        });
      },
      async restartBackoff(userIds) {
        return userIds.flatMap((userId) => {
          const formerJobId = rows.get(userId);
          if (formerJobId === undefined) return [];
          const jobId = `${userId}.${randomUUID()}`;
          rows.set(userId, jobId);
          return [{ userId, jobId, delayMs: 1_000, formerJobId }];
        });
      },
    };
    wakeups = createWakeups({ queue, rows: known, log: quietLog(), gatherMs: 100 });
    await until('Redis is reachable', () => queue.reachable());
  });
  afterEach(async () => {
    await wakeups.close();
    await connections.close();
    await server.close();
  });

  function waitingUser(): string {
    const userId = randomUUID();
    rows.set(userId, `${userId}.1`);
    return userId;
  }

  test('[D5] a waiting recipient gets one job that contains only the user id', async () => {
    const users = [waitingUser(), waitingUser()];
    for (let i = 0; i < 50; i += 1) wakeups.enqueueAfterCommit(users);
    const depth = () => wakeups.depth();
    await until('both jobs exist', async () => (await depth())?.delayed === 2);
    wakeups.enqueueAfterCommit(users);
    await until('PostgreSQL was asked again', () => questions.length === 2);
    await until(
      'both are stored',
      async () => (await queue.missing(jobsOf(rows, users))).length === 0,
    );
    expect(await depth()).toEqual({ waiting: 0, delayed: 2, active: 0 });

    for (const userId of users) {
      const job = await redis.hgetall(`${keys}:${rows.get(userId)}`);
      expect(JSON.parse(job.data ?? '')).toEqual({ userId });
    }
  });

  test('[D5] a recipient who has acknowledged causes no call to Redis', async () => {
    const before = await redis.info('commandstats');
    wakeups.enqueueAfterCommit([randomUUID()]);
    await until('PostgreSQL was asked', () => questions.length === 1);
    await wakeups.close();
    const calls = (info: string) => /cmdstat_eval(sha)?:calls=(\d+)/.exec(info)?.[2];
    expect(calls(await redis.info('commandstats'))).toBe(calls(before));
  });

  test('[D11] without Redis, nothing is queried or thrown, and the failure is counted', async () => {
    await server.kill();
    await until('the loss is detected', () => !queue.reachable());
    wakeups.enqueueAfterCommit([waitingUser()]);
    await until('the failure is counted', () => wakeups.failures() === 1);
    expect(questions).toEqual([]);
    expect(await wakeups.depth()).toBeNull();
  });

  test('[D11] a frozen Redis fails the call within a second', async () => {
    server.freeze();
    wakeups.enqueueAfterCommit([waitingUser()]);
    await until('the failure is counted', () => wakeups.failures() === 1);
    server.thaw();
  });

  test('[D11] a refusal by Redis at maxmemory is counted', async () => {
    await server.everywhere('CONFIG', 'SET', 'maxmemory', 1);
    wakeups.enqueueAfterCommit([waitingUser()]);
    await until('the failure is counted', () => wakeups.failures() === 1);
  });

  test('[D5] the backoff of a returning user restarts, and the replaced job becomes due', async () => {
    const userId = waitingUser();
    const former = rows.get(userId) ?? '';
    wakeups.enqueueAfterCommit([userId]);
    await until('the job exists', async () => (await wakeups.depth())?.delayed === 1);
    wakeups.promote(userId);
    await until('the old job is due', async () =>
      (await redis.lrange(`${keys}:wait`, 0, -1)).includes(former),
    );
    expect(await redis.zrange(`${keys}:delayed`, 0, -1)).toEqual([rows.get(userId)]);
  });

  test('[D5] each recipient has the full time to acknowledge, whenever others started waiting', async () => {
    let now = 0;
    const slow = createWakeups({
      queue,
      rows: known,
      log: quietLog(),
      gatherMs: 100,
      now: () => now,
    });
    const [early, late] = [waitingUser(), waitingUser()];
    slow.enqueueAfterCommit([early]);
    now = 60;
    slow.enqueueAfterCommit([early, late]);
    now = 110;
    await until('the first was queried', () => questions.length > 0);
    expect(questions).toEqual([[early]]);
    now = 160;
    await until('the second was queried', () => questions.length > 1);
    expect(questions).toEqual([[early], [late]]);
    // Messages that were sent before the users began to wait are at least this old.
    expect(requiredAges).toEqual([50, 50]);
    await slow.close();
  });

  test('closing enqueues the gathered wake-ups at once', async () => {
    const userId = waitingUser();
    wakeups.enqueueAfterCommit([userId]);
    await wakeups.close();
    expect(requiredAges).toEqual([0]);
    expect(await redis.zrange(`${keys}:delayed`, 0, -1)).toEqual([rows.get(userId)]);
  });
});

function jobsOf(rows: Map<string, string>, users: string[]) {
  return users.map((userId) => ({ userId, jobId: rows.get(userId) ?? '', delayMs: 0 }));
}
