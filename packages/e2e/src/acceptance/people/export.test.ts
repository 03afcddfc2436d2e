import { randomUUID } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { type ExportRecord, exportRecordSchema } from '@chasqui/protocol';
import {
  createHttpClient,
  createPeople,
  type Instance,
  openInstance,
  type People,
  type Person,
  until,
} from '@chasqui/testkit';

// Export of a user's own data: docs/operations/export.md.

let instance: Instance;
let people: People;

beforeAll(async () => {
  instance = await openInstance({ nodes: 1, worker: false });
  people = createPeople(instance);
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});

async function exportOf(person: Person): Promise<ExportRecord[]> {
  const { body } = await person.call('exportMe');
  const lines = body.split('\n');
  expect(lines.pop()).toBe('');
  const records = lines.map((line) => {
    const record = exportRecordSchema.parse(JSON.parse(line));
    // No undocumented fields.
    expect(record).toEqual(JSON.parse(line));
    return record;
  });
  expect(records.at(-1)).toEqual({ record: 'end', records: records.length });
  return records;
}

test('[D9] an export contains what the user may read and has written, and nothing else', async () => {
  const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
  const direct = await people.direct(ana, ben);
  await ben.send(direct.id, 'from ben');
  await ana.send(direct.id, 'from ana');
  const group = await people.group(ben, cleo);
  await ben.send(group.id, 'before ana');
  await ben.call('addParticipant', { params: { id: group.id }, body: { user_id: ana.id } });
  for (let n = 0; n < 450; n += 1) await ben.send(group.id, `in the group ${n}`);
  const left = await people.group(ben, ana, cleo);
  await ana.send(left.id, 'mine, elsewhere');
  await ben.send(left.id, 'not mine, elsewhere');
  await ana.call('removeParticipant', { params: { id: left.id, userId: ana.id } });
  await ana.call('blockUser', { params: { id: cleo.id } });

  const records = await exportOf(ana);
  const texts = records.flatMap((one) =>
    one.record === 'message' || one.record === 'own_message' ? [one.content_encrypted] : [],
  );
  const wanted = ['from ben', 'from ana', 'mine, elsewhere'];
  for (let n = 0; n < 450; n += 1) wanted.push(`in the group ${n}`);
  // Events of the group's history have no content.
  expect(texts.filter((text) => text !== null).sort()).toEqual(wanted.sort());
  expect(records.find(({ record }) => record === 'profile')).toMatchObject({ email: ana.email });
  expect(records.find(({ record }) => record === 'block')).toMatchObject({ user_id: cleo.id });
  const held = JSON.stringify(records);
  for (const secret of [ana.password, ana.refreshToken, '$argon2', ben.email]) {
    expect(held).not.toContain(secret);
  }
});

test('an export during concurrent writes neither omits nor repeats existing records', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  for (let n = 0; n < 300; n += 1) await ben.send(id, `before ${n}`);
  let isOver = false;
  const writing = (async () => {
    for (let n = 0; !isOver; n += 1) await ben.send(id, `during ${n}`);
  })();
  const records = await exportOf(ana);
  isOver = true;
  await writing;
  const seqs = records.flatMap((one) => (one.record === 'message' ? [one.seq] : []));
  expect(seqs.length).toBeGreaterThanOrEqual(300);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
});

test('a reader who stops reading costs the server no memory', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await instance.sql(
    `INSERT INTO messages (conversation_id, seq, id, version, sender_id, content_encrypted, created_at)
     SELECT $1, n, gen_random_uuid(), n, $2, repeat('0123456789abcdef', 2048), now() FROM generate_series(1, 5000) n`,
    [id, ben.id],
  );
  await instance.sql('UPDATE conversations SET last_seq = 5000, version = 5000 WHERE id = $1', [
    id,
  ]);
  const memory = async (): Promise<number> => {
    const { body } = await createHttpClient(instance.url())('GET', '/metrics');
    return Number(/^process_resident_memory_bytes (\S+)/m.exec(String(body))?.[1]);
  };
  const before = await memory();
  const headers = { authorization: `Bearer ${ana.token}` };
  const asked = request(`${instance.url()}/api/users/me/export`, { headers });
  asked.on('error', () => undefined);
  const response = await new Promise<IncomingMessage>((resolve) => {
    asked.once('response', resolve);
    asked.end();
  });
  response.on('error', () => undefined);
  // Others are served in the meantime, in which 160 MB could have been read.
  for (let n = 0; n < 100; n += 1) await ben.call('readMe');
  expect((await memory()) - before).toBeLessThan(80 * 1024 * 1024);
  response.destroy();
  await until('the server responds', async () => (await ben.call('readMe')).status === 200);
  expect(instance.nodes[0]?.program.output()).not.toContain('ERR_STREAM');
});

test('exports are limited in frequency, and refused before the first line', async () => {
  const limited = await instance.addNode({ RATE_LIMIT: 'on' });
  const { ana } = await people.registerAll('ana');
  const http = createHttpClient(limited.url);
  const statuses: number[] = [];
  for (let n = 0; n < 6; n += 1) {
    statuses.push((await http('GET', '/api/users/me/export', { token: ana.token })).status);
  }
  expect(statuses.filter((status) => status === 200)).toHaveLength(4);
  expect(statuses.at(-1)).toBe(429);
  expect((await http('GET', '/api/users/me/export', { token: randomUUID() })).status).toBe(401);
});
