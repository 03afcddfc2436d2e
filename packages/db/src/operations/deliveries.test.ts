import { randomUUID } from 'node:crypto';
import { type FreshDatabase, freshDatabase } from '@chasqui/testkit';
import { connectDatabase, type Database } from '../connection/connect';
import {
  allScheduledWakeups,
  claimWakeup,
  clearDeliveryErrors,
  deliveryCounts,
  overdueWakeups,
  recordDeliveryError,
  replaceOverdueJobs,
  restartBackoff,
  scheduledWakeups,
} from './deliveries';

const backoff = { firstMs: 1_000, capMs: 60_000 };

let database: FreshDatabase;
let db: Database;

beforeAll(async () => {
  database = await freshDatabase();
  db = connectDatabase({ url: database.url, poolMax: 8 });
});
afterEach(() => db.query('', 'DELETE FROM deliveries', []));
afterAll(async () => {
  await db.close();
  await database.drop();
});

async function waiting(nextAt = 'now()', attempts = 0): Promise<string> {
  const id = randomUUID();
  await db.query(
    '',
    `INSERT INTO users (id, username, username_key, email, email_key, display_name)
     VALUES ($1, $2, $2, $2, $2, 'x')`,
    [id, id],
  );
  await db.query(
    '',
    `INSERT INTO deliveries (user_id, next_at, attempts) VALUES ($1, ${nextAt}, $2)`,
    [id, attempts],
  );
  return id;
}

const jobOf = async (userId: string): Promise<string> =>
  (await scheduledWakeups(db, [userId]))[0]?.jobId ?? '';

test('[D5] one of ten simultaneous jobs for a user claims the wake-up', async () => {
  const userId = await waiting();
  const jobId = await jobOf(userId);
  const claims = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      claimWakeup(db, { userId, jobId: i < 5 ? jobId : `other-${i}` }, backoff),
    ),
  );
  const outcomes = claims.map(({ outcome }) => outcome);
  expect(outcomes.filter((outcome) => outcome === 'claimed')).toHaveLength(1);
  expect(outcomes.filter((outcome) => outcome === 'stale')).toHaveLength(9);
});

test('[D5] delays double up to the cap, with 20 % jitter', async () => {
  for (const [attempts, full] of [
    [0, 2_000],
    [1, 4_000],
    [4, 32_000],
    [5, 60_000],
    [500, 60_000],
  ] as const) {
    const userId = await waiting('now()', attempts);
    const claim = await claimWakeup(db, { userId, jobId: 'x' }, backoff);
    if (claim.outcome !== 'claimed') throw new Error(claim.outcome);
    expect(claim.attempts).toBe(attempts + 1);
    expect(claim.next.delayMs).toBeGreaterThan(full * 0.8 - 100);
    expect(claim.next.delayMs).toBeLessThanOrEqual(full * 1.2);
    expect(claim.next.jobId).toBe(await jobOf(userId));
  }
});

test('[D5] a job that runs early, by the clock of another node, changes nothing', async () => {
  const userId = await waiting(`now() + interval '10 minutes'`);
  const jobId = await jobOf(userId);
  expect(await claimWakeup(db, { userId, jobId }, backoff)).toEqual({ outcome: 'early' });
  expect(await jobOf(userId)).toBe(jobId);
});

test('a job of a user without a delivery is settled', async () => {
  const claim = await claimWakeup(db, { userId: randomUUID(), jobId: 'x' }, backoff);
  expect(claim).toEqual({ outcome: 'settled' });
});

test('[D5] a delivery is dead after repeated errors, and revived when the user returns', async () => {
  const userId = await waiting();
  expect(await recordDeliveryError(db, userId, 'first', 3)).toBe(false);
  expect(await recordDeliveryError(db, userId, 'second', 3)).toBe(false);
  await clearDeliveryErrors(db, userId);
  for (let i = 0; i < 2; i += 1) expect(await recordDeliveryError(db, userId, 'x', 3)).toBe(false);
  expect(await recordDeliveryError(db, userId, `${'long '.repeat(200)}`, 3)).toBe(true);

  expect(await claimWakeup(db, { userId, jobId: 'x' }, backoff)).toEqual({ outcome: 'dead' });
  expect(await deliveryCounts(db)).toEqual({ pending: 0, dead: 1 });
  expect(await overdueWakeups(db, -1_000, { limit: 10, offset: 0 })).toEqual([]);
  expect(await allScheduledWakeups(db, null, 10)).toEqual([]);

  const [restarted] = await restartBackoff(db, [userId], 500);
  expect(restarted).toMatchObject({ userId, delayMs: 500 });
  expect(restarted?.jobId).toBe(await jobOf(userId));
  expect(await deliveryCounts(db)).toEqual({ pending: 1, dead: 0 });
});

test('[D12] a return restarts the backoff only of users who were tried before', async () => {
  const [fresh, tried] = [await waiting(), await waiting(`now() + interval '1 hour'`, 7)];
  const former = await jobOf(tried);
  const restarted = await restartBackoff(db, [fresh, tried, randomUUID()], 500);
  expect(restarted).toMatchObject([{ userId: tried, formerJobId: former }]);
});

test('pages contain every delivery once, and the most overdue first', async () => {
  const users: string[] = [];
  for (let i = 0; i < 7; i += 1) users.push(await waiting(`now() - interval '${i + 10} seconds'`));
  const seen: string[] = [];
  for (let after: string | null = null; ;) {
    const page = await allScheduledWakeups(db, after, 3);
    seen.push(...page.map(({ userId }) => userId));
    after = page.at(-1)?.userId ?? null;
    if (page.length < 3) break;
  }
  expect(seen).toEqual([...users].sort());
  const late = await overdueWakeups(db, 1_000, { limit: 5, offset: 2 });
  expect(late.map(({ userId }) => userId)).toEqual([...users].reverse().slice(2));
});

test('a replaced job has a new id and is due now', async () => {
  const [late, early] = [
    await waiting(`now() - interval '1 minute'`),
    await waiting(`now() + interval '1 minute'`),
  ];
  const before = await jobOf(late);
  const replaced = await replaceOverdueJobs(db, [late, early]);
  expect(replaced).toMatchObject([{ userId: late, delayMs: 0 }]);
  expect(await jobOf(late)).not.toBe(before);
});
