import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import {
  createHttpClient,
  createPeople,
  createRestClient,
  type Instance,
  openInstance,
  openSocket,
  type People,
  type RestClient,
  until,
} from '@chasqui/testkit';

// D5: secrets are only in PostgreSQL and in answers to their owners. All data of this test contains a mark, and the
// test searches every other place for it.

const mark = `SECRET${randomUUID().slice(0, 8)}`;

let instance: Instance;
let people: People;
const refusals: unknown[] = [];
const secrets = [mark, mark.toLowerCase()];

beforeAll(async () => {
  instance = await openInstance({ env: { LOG_LEVEL: 'trace', DELIVERY_BACKOFF_MS: '100' } });
  people = createPeople(instance);
  const http = createHttpClient(instance.url());
  const rest = createRestClient(instance.url());

  const username = `u_${randomUUID().slice(0, 8)}`;
  const who = { username, email: `${mark}@example.org`, password: `${mark} password` };
  const { body: session } = await rest.call('register', { body: who });
  const token = session.access_token;
  secrets.push(token, session.refresh_token);
  const ben = await people.register();
  const made = await rest.call('createGroup', {
    token,
    body: { title: mark, participant_ids: [ben.id] },
  });
  const { id } = made.body;
  const content = { conversation_id: id, content_encrypted: mark, client_message_id: mark };
  await rest.call('sendMessage', { token, body: content });
  const socket = await openSocket(instance.url(), { auth: { token, deviceId: mark } });
  await socket.ask('chat:message_send', { conversationId: id, contentEncrypted: `${mark} again` });

  // All kinds of refusals, with the mark in the invalid part.
  const body = (more: unknown) => ({ token, body: more });
  const asks: Parameters<typeof http>[] = [
    ['POST', '/api/auth/login', { body: { username, password: mark } }],
    ['POST', '/api/auth/login', { body: { email: who.email, password: 5 } }],
    ['POST', '/api/auth/register', { body: who }],
    ['POST', '/api/auth/refresh', { body: { refresh_token: mark } }],
    ['POST', '/api/auth/password', body({ current_password: mark, new_password: `${mark} new` })],
    ['DELETE', '/api/users/me', body({ password: mark })],
    ['DELETE', '/api/users/me', body({ erase_messages: mark })],
    ['PUT', `/api/users/${mark}/block`, { token }],
    ['GET', `/api/blocks?cursor=${mark}`, { token }],
    ['GET', '/api/users/me/export', { token: mark }],
    ['DELETE', `/api/sessions/${mark}`, { token }],
    ['GET', '/api/users/me', { token: mark }],
    ['GET', `/api/users/${mark}`, { token }],
    ['GET', `/api/users?query=${mark}&limit=${mark}`, { token }],
    ['GET', `/api/sync?cursor=${mark}`, { token }],
    ['GET', `/api/${mark}`, { token }],
    ['GET', `/api/messages/${id}?${mark}[]=1`, { token }],
    ['POST', '/api/messages', { token, raw: `{"${mark}": bad` }],
    ['POST', '/api/messages', body({ ...content, content_encrypted: `${mark} another` })],
    ['POST', '/api/messages', body({ ...content, content_encrypted: `${mark}\u0000` })],
    ['POST', '/api/messages', body({ ...content, conversation_id: mark, message_type: mark })],
    ['POST', '/api/messages', body(mark.repeat(10_000))],
    ['POST', '/api/conversations/group', body({ title: mark, participant_ids: [mark] })],
  ];
  for (const ask of asks) {
    const reply = await http(...ask);
    expect([ask, reply.status >= 400]).toEqual([ask, true]);
    refusals.push(reply.body);
  }
  for (const [command, data] of [
    ['chat:message_send', { conversationId: mark, contentEncrypted: mark }],
    ['chat:message_send', { conversationId: id, contentEncrypted: mark, messageType: mark }],
    ['chat:sync', { cursor: mark }],
    ['auth:refresh', { token: mark }],
    [mark, { [mark]: mark }],
  ] as const) {
    const answer = await socket.ask(command, data);
    expect(answer).toMatchObject({ success: false });
    refusals.push(answer);
  }
  refusals.push(
    await openSocket(instance.url(), { auth: { token: mark } }).catch((error: unknown) => error),
  );
  await leaveForGood(rest, ben.id);
  socket.close();
  await until('ben is being woken', async () => {
    const rows = await instance.sql('SELECT 1 FROM deliveries WHERE attempts > 0');
    return rows.length > 0;
  });
});
/** An account that is exported, blocked and blocking, and then deleted with its messages. */
async function leaveForGood(rest: RestClient, otherId: string): Promise<void> {
  const password = `${mark} of another`;
  const username = `${mark}x`;
  const email = `${mark}x@example.org`;
  const { body: first } = await rest.call('register', {
    body: { username, email, password, display_name: `${mark} by name` },
  });
  const { body: session } = await rest.call('login', { body: { username, password } });
  const token = session.access_token;
  secrets.push(first.access_token, first.refresh_token, token, session.refresh_token);
  const { id } = (await rest.call('createDirect', { token, body: { user_id: otherId } })).body;
  const content = { conversation_id: id, content_encrypted: `${mark} in private` };
  await rest.call('sendMessage', { token, body: { ...content, client_message_id: mark } });
  const params = { id: otherId };
  await rest.call('blockUser', { token, params });
  refusals.push((await rest.refused('sendMessage', { token, body: content })).error);
  await rest.call('unblockUser', { token, params });
  expect((await rest.call('exportMe', { token })).body).toContain(`${mark} in private`);
  await rest.call('deleteMe', { token, body: { password, erase_messages: true } });
  refusals.push((await rest.refused('readMe', { token })).error);
}

afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});

const holdsNone = (text: string): void => {
  for (const secret of secrets) expect(text).not.toContain(secret);
};

test('no refusal repeats the refused value', () => {
  holdsNone(JSON.stringify(refusals));
});

test('no log of a server or a worker contains a token, a password, an address or content', () => {
  for (const { program } of [...instance.nodes, instance.worker()]) {
    const lines = program.output().split('\n');
    // With more lines the first ones would be lost.
    expect(lines.length).toBeLessThan(60);
    holdsNone(lines.join('\n'));
  }
});

test('no metric contains user data', async () => {
  holdsNone(String((await createHttpClient(instance.url())('GET', '/metrics')).body));
});

test('[D5] Redis holds no secrets: neither in jobs nor in presence nor in limits', async () => {
  const redis = new Redis(instance.redis.url);
  const held: unknown[] = [];
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key);
    if (type === 'string') held.push(key, await redis.get(key));
    else if (type === 'hash') held.push(key, await redis.hgetall(key));
    else if (type === 'list') held.push(key, await redis.lrange(key, 0, -1));
    else if (type === 'set') held.push(key, await redis.smembers(key));
    else if (type === 'zset') held.push(key, await redis.zrange(key, 0, -1));
    else if (type === 'stream') held.push(key, await redis.xrange(key, '-', '+'));
    else throw new Error(`${key} is a ${type}`);
  }
  redis.disconnect();
  expect(held.length).toBeGreaterThan(0);
  holdsNone(JSON.stringify(held));
});
