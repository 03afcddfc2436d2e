import { startChatters, type Chatters } from '../../flood/chatters';
import { until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

const CONVERSATIONS = 100;
const MESSAGES_OF_EACH = 10_000;
const PAIRS = 10;
/** docs/operations/limits.md promises one second during a flood; a shared machine gets more. */
const P99_MAX_MS = 5_000;

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture({ proxied: false });
});
afterAll(() => fixture.close());

/** Conversations full of messages from an hour ago. */
async function fill(): Promise<string[]> {
  const { instance, people } = fixture;
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const ids: string[] = [];
  for (let i = 0; i < CONVERSATIONS; i += 1) ids.push((await people.group(ana, ben)).id);
  for (const id of ids) {
    await instance.sql(
      `INSERT INTO messages (conversation_id, seq, id, version, sender_id, content_encrypted, created_at)
       SELECT $1, 1 + n, gen_random_uuid(), 1 + n, $2, repeat('x', 200), now() - interval '1 hour'
       FROM generate_series(1, $3) n`,
      [id, ana.id, MESSAGES_OF_EACH],
    );
  }
  await instance.sql(
    'UPDATE conversations SET last_seq = $2, version = $2 WHERE id = ANY ($1::uuid[])',
    [ids, MESSAGES_OF_EACH + 1],
  );
  await instance.sql('VACUUM ANALYZE messages');
  return ids;
}

/** Delivery times of ten chatting pairs while `work` runs. */
async function latencyDuring(work: () => Promise<unknown>): Promise<{ p50: number; p99: number }> {
  const chatters: Chatters = await startChatters(fixture.people, PAIRS);
  await work();
  expect(await chatters.stop()).toEqual([]);
  expect(chatters.violations()).toEqual([]);
  const sorted = [...chatters.arrivals].sort((a, b) => a - b);
  const at = (share: number): number =>
    Math.round(sorted[Math.floor(sorted.length * share)] ?? NaN);
  return { p50: at(0.5), p99: at(0.99) };
}

test('[fault 43: L, D12] ten pairs chat normally while 1,000,000 messages expire', async () => {
  const ids = await fill();
  const quietUntil = Date.now() + 15_000;
  const quiet = await latencyDuring(() =>
    until('the quiet period is over', () => Date.now() > quietUntil, 30_000),
  );

  const began = Date.now();
  let tookS = 0;
  const busy = await latencyDuring(async () => {
    await fixture.instance.sql(
      `UPDATE conversations SET retention_s = 60 WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    await fixture.instance.sql(
      `SELECT apply_retention_to_history(id, 60) FROM conversations WHERE id = ANY ($1::uuid[])`,
      [ids],
    );
    await until(
      'all messages are tombstones and clients are notified',
      async () => {
        const [left] = await fixture.instance.sql<{ n: number }>(
          `SELECT (SELECT count(*) FROM conversations WHERE next_expiry_at IS NOT NULL)::integer
             + (SELECT count(*) FROM tombstone_news)::integer AS n`,
        );
        return left?.n === 0;
      },
      600_000,
    );
    tookS = Math.round((Date.now() - began) / 1_000);
  });
  const [kept] = await fixture.instance.sql<{ n: number }>(
    'SELECT count(content_encrypted)::integer AS n FROM messages WHERE conversation_id = ANY ($1::uuid[])',
    [ids],
  );
  expect(kept?.n).toBe(0);
  const format = ({ p50, p99 }: typeof quiet): string => `p50 ${p50} ms, p99 ${p99} ms`;
  process.stdout.write(
    `1,000,000 messages expired in ${tookS} s; chat before: ${format(quiet)}; meanwhile: ${format(busy)}\n`,
  );
  expect(busy.p99).toBeLessThan(P99_MAX_MS);
}, 900_000);
