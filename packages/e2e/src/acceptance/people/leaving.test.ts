import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import {
  createPeople,
  createRestClient,
  type Instance,
  openInstance,
  openSocket,
  type People,
  type Person,
  until,
} from '@chasqui/testkit';

// Account deletion on two nodes, with a worker that completes an interrupted one.

let instance: Instance;
let people: People;

beforeAll(async () => {
  instance = await openInstance({ nodes: 2, env: { SWEEP_INTERVAL_MS: '300' } });
  people = createPeople(instance);
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});

const deletion = ({ password }: Person, more: object = {}) => ({ body: { password, ...more } });

const finished = async (userId: string) =>
  (await instance.sql('SELECT 1 FROM account_deletions WHERE user_id = $1', [userId])).length === 0;

/** The contents of all tables as text. */
async function everything(): Promise<string> {
  const tables = await instance.sql<{ name: string }>(
    `SELECT quote_ident(table_name) AS name FROM information_schema.tables
     WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  expect(tables.length).toBeGreaterThan(10);
  const rows = await Promise.all(
    tables.map(({ name }) => instance.sql<{ row: string }>(`SELECT t::text AS row FROM ${name} t`)),
  );
  return rows.flatMap((all) => all.map(({ row }) => row)).join('\n');
}

test('no table contains personal data of the account, and the name is free', async () => {
  const mark = `mark${randomUUID().slice(0, 8)}`;
  const rest = createRestClient(instance.url());
  const account = {
    ...{ username: mark, email: `${mark}@example.org`, password: `${mark} secret` },
    display_name: `Name ${mark}`,
  };
  const { body: session } = await rest.call('register', { body: account });
  const token = session.access_token;
  const { ben, cleo } = await people.registerAll('ben', 'cleo');
  const direct = await ben.call('createDirect', { body: { user_id: session.user.id } });
  const { id } = direct.body;
  const group = await people.group(ben, cleo);
  await ben.call('addParticipant', {
    ...{ params: { id: group.id }, body: { user_id: session.user.id } },
  });
  const socket = await openSocket(instance.url(1), { auth: { token, deviceId: `phone ${mark}` } });
  for (const conversation of [id, group.id]) {
    await rest.call('sendMessage', {
      token,
      body: {
        ...{ conversation_id: conversation, content_encrypted: `written by ${mark}` },
        client_message_id: `${mark} ${conversation}`,
      },
    });
  }
  await rest.call('blockUser', { token, params: { id: cleo.id } });
  expect(await everything()).toContain(mark);

  for (const [body, refused] of [
    [{}, { status: 400 }],
    [{ password: 'another' }, { status: 403, error: { details: { reason: 'wrong_password' } } }],
  ] as const) {
    expect(await rest.refused('deleteMe', { token, body })).toMatchObject(refused);
  }
  const body = { password: account.password, erase_messages: true };
  expect((await rest.call('deleteMe', { token, body })).status).toBe(204);
  await until('the socket on the other node is closed', () => !socket.socket.connected);
  await until('the deletion is complete', () => finished(session.user.id));
  const rows = await everything();
  expect(rows.toLowerCase()).not.toContain(mark);

  expect(await rest.refused('readMe', { token })).toMatchObject({ status: 401 });
  expect(await rest.refused('deleteMe', { token, body })).toMatchObject({ status: 401 });
  const refresh = { body: { refresh_token: session.refresh_token } };
  expect(await rest.refused('refresh', refresh)).toMatchObject({ status: 401 });
  expect(await rest.refused('login', { body: account })).toMatchObject({ status: 401 });
  expect(await ben.call('readUser', { params: { id: session.user.id } })).toMatchObject({
    body: { display_name: 'Deleted account', presence: null },
  });
  expect((await ben.call('findUsers', { query: { query: 'deleted' } })).body.users).toEqual([]);
  const send = { body: { conversation_id: id, content_encrypted: 'are you there' } };
  expect(await ben.refused('sendMessage', send)).toMatchObject({
    ...{ status: 403, error: { details: { reason: 'deleted' } } },
  });
  expect((await rest.call('register', { body: account })).status).toBe(201);
});

test('[D1] sends that race with the deletion are either acknowledged and stored, or refused and not stored', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const direct = await people.direct(ana, ben);
  const group = await people.group(ben, ana);
  const socket = await openSocket(instance.url(1), { auth: { token: ana.token } });
  const outcomes = new Map<string, unknown>();
  const sends = Array.from({ length: 200 }, (_, n) => {
    const clientMessageId = `race ${n}`;
    const conversationId = n % 2 === 0 ? direct.id : group.id;
    const data = { conversationId, contentEncrypted: clientMessageId, clientMessageId };
    // A disconnected client gets no answer.
    void socket
      .ask('chat:message_send', data)
      .then((answer) => outcomes.set(clientMessageId, answer));
    return clientMessageId;
  });
  await ana.call('deleteMe', deletion(ana));
  await until('the socket is closed', () => !socket.socket.connected);
  await until('the deletion is complete', () => finished(ana.id));
  const histories = [...(await ben.history(direct.id)), ...(await ben.history(group.id))];
  const stored = new Set(histories.map(({ client_message_id: id }) => id));
  for (const id of sends) {
    const answer = outcomes.get(id);
    if (answer === undefined) continue;
    const isDone = (answer as { success: boolean }).success;
    expect([id, isDone]).toEqual([id, stored.has(id)]);
  }
  const seqs = (await ben.history(direct.id)).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, i) => i + 1));
});

test('after a server crash during a deletion, the account is unusable and a worker completes the deletion', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const group = await people.group(ana, ben);
  const written = await ana.send(group.id, 'to be erased');
  const bens = ben.on(1).device();
  await bens.connect();
  // Held, so that the server stops after its first transaction.
  const pool = await holdConversation(group.id);
  const answer = ana.on(0).call('deleteMe', deletion(ana, { erase_messages: true }));
  answer.catch(() => undefined);
  await until('the deletion is recorded', async () => !(await finished(ana.id)));
  await instance.nodes[0]?.program.kill();
  expect(await ana.on(1).refused('readMe')).toMatchObject({ status: 401 });
  await pool.release();
  await until('the worker has completed the deletion', () => finished(ana.id));
  const [first] = (await ben.on(1).call('readHistory', { params: { conversationId: group.id } }))
    .body.messages;
  expect(first).toMatchObject({ kind: 'event' });
  await until('ben is notified', () =>
    bens.received('chat:message_updated').some((data) => JSON.stringify(data).includes(written.id)),
  );
  const { body } = await ben.on(1).call('readConversation', { params: { id: group.id } });
  expect(body).toMatchObject({
    ...{ participants: [{ user_id: ben.id, role: 'admin' }], my: { unread_count: 0 } },
  });
  await instance.nodes[0]?.restart();
});

async function holdConversation(id: string): Promise<{ release: () => Promise<void> }> {
  const client = new Client({ connectionString: instance.databaseUrl });
  await client.connect();
  await client.query('BEGIN');
  await client.query('SELECT FROM conversations WHERE id = $1 FOR UPDATE', [id]);
  return { release: () => client.end() };
}
