import { findPort } from '@chasqui/services';
import { createPeople, type Instance, openInstance, type People, until } from '@chasqui/testkit';
import pg from 'pg';
import { addRestingConversations, lengthenHistory } from './fill';

const RESTING = 20;
const LENGTH = 3_000;
// An audit run ends after half of its interval, finished or not.
const AUDIT_MS = 1_500;

let instance: Instance;
let people: People;
let pool: pg.Pool;
let workerPort: number;

beforeAll(async () => {
  workerPort = await findPort('127.0.0.1');
  instance = await openInstance({
    env: { AUDIT_INTERVAL_MS: String(AUDIT_MS), WORKER_METRICS_PORT: String(workerPort) },
  });
  people = createPeople(instance);
  pool = new pg.Pool({ connectionString: instance.databaseUrl, max: 2 });
});
afterAll(async () => {
  people.disconnectAll();
  await pool.end();
  await instance.close();
});

/** Reads a metric of the worker. */
async function figure(name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${workerPort}/metrics`)).text();
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1) ?? 0);
}

/** Returns the findings after the auditor has checked every conversation again. */
async function findings(): Promise<string[]> {
  const audits = 'chasqui_audits_total{outcome="done"}';
  const before = await figure(audits);
  await until('all conversations were audited', async () => {
    const size = await figure('chasqui_audit_sample_size');
    return (await figure(audits)) >= before + 2 && size === RESTING + 1;
  });
  const rows = await instance.sql<{ kind: string }>(
    `SELECT kind FROM findings WHERE source = 'audit'`,
  );
  return rows.map(({ kind }) => kind);
}

test('the auditor finds no violation in filled-in data, and users can continue from it', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const phone = ben.device({ deviceId: 'phone' });
  await phone.connect();
  await ana.send(id, 'hello');
  await until('it has arrived', () => phone.entries(id).length === 1);
  phone.disconnect();
  const { cursor } = (await ben.call('readSync')).body;

  const count = RESTING;
  await addRestingConversations(pool, { userId: ana.id, otherId: ben.id, count });
  await lengthenHistory(pool, { conversationId: id, senderId: ana.id, count: LENGTH });
  expect(await findings()).toEqual([]);

  await ana.send(id, 'news');
  await phone.connect();
  await until('the new message has arrived', () => phone.entries(id).length === 2);
  expect(phone.entries(id).at(-1)).toMatchObject({ seq: LENGTH + 2, content_encrypted: 'news' });
  expect((await ben.conversation(id)).my.unread_count).toBe(2);
  // The sync includes the filled-in messages, page by page.
  const synced: number[] = [];
  for (let page = { cursor, has_more: true }; page.has_more;) {
    const { body } = await ben.call('readSync', { query: { cursor: page.cursor, limit: 100 } });
    synced.push(...body.messages.map(({ seq }) => seq));
    page = body;
  }
  expect(synced).toContain(LENGTH + 2);
  const { conversations } = (await ben.call('listConversations', { query: { limit: 100 } })).body;
  expect(conversations).toHaveLength(RESTING + 1);
  expect(await findings()).toEqual([]);
  expect(phone.violations).toEqual([]);
});
