import { sessionSchema } from '@pern/protocol/rest/auth';
import { commands } from '@pern/protocol/socket';
import { freshDatabase, type FreshDatabase } from '@pern/testing/freshDatabase';
import { createHttpClient, type HttpClient } from '@pern/testing/httpClient';
import { quietLog } from '@pern/testing/quietLog';
import { openSocket, type SocketClient, type SocketOptions } from '@pern/testing/socketClient';
import { until } from '@pern/testing/until';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { parseSettings } from '../settings';
import { startNode, type Node } from '../startNode';

let database: FreshDatabase;
const nodes: Node[] = [];
const sockets: SocketClient[] = [];
const log = quietLog();

async function open(env: Record<string, string> = {}): Promise<Node> {
  const node = await startNode({
    settings: parseSettings({
      PORT: '0',
      DATABASE_URL: database.url,
      REDIS_URL: process.env.TEST_REDIS_URL,
      JWT_SECRET: 'a secret of at least thirty-two characters',
      CORS_ORIGINS: 'https://app.example',
      ...env,
    }),
    log,
    redisPrefix: new URL(database.url).pathname,
  });
  nodes.push(node);
  return node;
}

const urlOf = (node: Node): string => `http://127.0.0.1:${node.port}`;
const httpOf = (node: Node): HttpClient => createHttpClient(urlOf(node));

let one: Node;
let two: Node;

beforeAll(async () => {
  database = await freshDatabase();
  [one, two] = await Promise.all([open(), open()]);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await database.drop();
});

let people = 0;
async function register(node = one) {
  const username = `person${++people}`;
  const reply = await httpOf(node)('POST', '/api/auth/register', {
    body: { username, email: `${username}@example.org`, password: 'correct horse' },
  });
  return sessionSchema.parse(reply.body);
}

async function connect(token: string, node = one, options: SocketOptions = {}) {
  const socket = await openSocket(urlOf(node), { ...options, auth: { token, ...options.auth } });
  sockets.push(socket);
  return socket;
}

async function direct(from: string, to: string): Promise<string> {
  const { body } = await httpOf(one)('POST', '/api/conversations/direct', {
    token: from,
    body: { user_id: to },
  });
  if (typeof body === 'object' && body !== null && 'id' in body) return String(body.id);
  throw new Error('no conversation');
}

const anyText: unknown = expect.any(String);
const anyNumber: unknown = expect.any(Number);
const anyUuid: unknown = expect.stringMatching(/^[0-9a-f-]{36}$/);

function refused(name: string): object {
  const error: unknown = expect.objectContaining({ name });
  return { success: false, error };
}

describe('the handshake', () => {
  test.each<['polling' | 'websocket']>([['polling'], ['websocket']])(
    'by %s begins with session:ready, and without a device id the session is the device',
    async (transport) => {
      const { access_token, user } = await register();
      const { events } = await connect(access_token, one, { transports: [transport] });
      await until('the backlog is told', () => events.length > 1);
      expect(events[0]).toEqual({
        event: 'session:ready',
        data: { userId: user.id, deviceId: anyUuid, protocol: 1 },
      });
      expect(events[1]).toEqual({ event: 'chat:queue_empty', data: { delivered: 0 } });
    },
  );

  test('takes a bearer header, and a device id', async () => {
    const { access_token } = await register();
    const client = await openSocket(urlOf(one), {
      auth: { deviceId: 'my phone' },
      headers: { authorization: `Bearer ${access_token}` },
    });
    sockets.push(client);
    expect(client.all('session:ready')).toMatchObject([{ deviceId: 'my phone' }]);
  });

  test.each<[string, () => Promise<Record<string, unknown>>, string]>([
    ['no token', async () => ({}), 'UnauthorizedError'],
    ['a wrong token', async () => ({ token: 'x' }), 'UnauthorizedError'],
    ['no text for a token', async () => ({ token: { $ne: 1 } }), 'UnauthorizedError'],
    [
      'a refresh token',
      async () => ({ token: (await register()).refresh_token }),
      'UnauthorizedError',
    ],
    [
      'a device id that is none',
      async () => ({ token: (await register()).access_token, deviceId: 'x'.repeat(129) }),
      'ValidationError',
    ],
  ])('with %s is refused with a name of the contract', async (_what, auth, name) => {
    await expect(openSocket(urlOf(one), { auth: await auth() })).rejects.toMatchObject({
      data: { name, message: anyText },
    });
  });

  test.each<['polling' | 'websocket']>([['polling'], ['websocket']])(
    'by %s is refused to pages of foreign origins',
    async (transport) => {
      const { access_token } = await register();
      const from = (origin: string) =>
        connect(access_token, one, { transports: [transport], headers: { origin } });
      await expect(from('https://evil.example')).rejects.toThrow();
      await expect(from('https://app.example')).resolves.toBeDefined();
      await expect(from(urlOf(one))).resolves.toBeDefined();
    },
  );

  test('of a thousand in one transport only one is under way', async () => {
    const { access_token } = await register();
    const raw = new WebSocket(`ws://127.0.0.1:${one.port}/socket.io/?EIO=4&transport=websocket`);
    raw.on('open', () => {
      for (let i = 0; i < 1_000; i++) raw.send(`40{"token":"${access_token}"}`);
    });
    await new Promise((resolve) => raw.once('close', resolve));
    await expect(connect(access_token)).resolves.toBeDefined();
  });
});

describe('bad input', () => {
  const odd: [string, unknown[]][] = [
    ['nothing', []],
    ['null', [null]],
    ['a string', ['text']],
    ['an array', [[]]],
    ['a number', [7]],
    ['bytes', [Buffer.from('bytes')]],
    ['odd keys', [JSON.parse('{"__proto__": {"a": 1}, "conversationId": {"$ne": 1}}')]],
  ];

  test.each(odd)(
    '%s is a ValidationError for every command that wants data',
    async (_what, data) => {
      const { access_token } = await register();
      const client = await connect(access_token);
      for (const { name, data: schema } of commands) {
        // Those that want nothing, or nothing in particular, take anything.
        if (schema.safeParse({}).success) continue;
        expect([name, await client.ask(name, ...data)]).toEqual([name, refused('ValidationError')]);
      }
      // Without a callback nobody is told, and nobody is harmed.
      for (const { name } of commands) client.socket.emit(name, ...data);
      expect(await client.ask('presence:online')).toEqual({ success: true });
    },
  );

  test('an event that is no command is refused, and is not repeated', async () => {
    const { access_token } = await register();
    const client = await connect(access_token);
    expect(await client.ask('chat:nothing', { secret: 1 })).toEqual(refused('ValidationError'));
    for (const name of ['error', 'connection', 'message', '__proto__', 'constructor']) {
      expect(await client.ask(name, nested(10))).toEqual(refused('ValidationError'));
    }
  });

  test.each([
    ['a frame of 131,073 bytes', [`42["chat:typing","${'x'.repeat(131_055)}"]`]],
    [
      'an attachment that never comes',
      ['451-["chat:typing",{"_placeholder":true,"num":0}]', '42["x"]'],
    ],
    ['a packet that is none', ['4x']],
    ['a reserved event', ['42["disconnect"]']],
  ])('%s costs the connection at most', async (_what, packets) => {
    const { access_token } = await register();
    const raw = await rawSocket(access_token);
    for (const packet of packets) raw.send(packet);
    await new Promise((resolve) => raw.once('close', resolve));
    await expect(connect(access_token)).resolves.toBeDefined();
  });

  test('an array 5,000 deep is refused, and never comes back', async () => {
    const { access_token } = await register();
    const raw = await rawSocket(access_token);
    const answered = new Promise<string>((resolve) => {
      raw.on('message', (data: Buffer) => {
        if (data.toString().startsWith('43')) resolve(data.toString());
      });
    });
    raw.send(`427["chat:typing",${'['.repeat(5_000)}${']'.repeat(5_000)}]`);
    expect(await answered).toMatch(/^437\[\{"success":false,"error":\{"name":"ValidationError"/);
    raw.close();
  });

  test('an unknown namespace is refused', async () => {
    const { access_token } = await register();
    await expect(
      openSocket(`${urlOf(one)}/admin`, { auth: { token: access_token } }),
    ).rejects.toThrow('Invalid namespace');
  });

  test('a flood of 10,000 events is answered with RateLimitError, and others are served', async () => {
    const [flooder, other] = await Promise.all([register(), register()]);
    const flood = await connect(flooder.access_token);
    const calm = await connect(other.access_token);
    const answers: unknown[] = [];
    for (let i = 0; i < 10_000; i++) {
      flood.socket.emit('chat:typing', {}, (answer: unknown) => answers.push(answer));
    }
    const began = performance.now();
    await calm.ask('presence:online');
    expect(performance.now() - began).toBeLessThan(3_000);
    await until('all are answered', () => answers.length === 10_000);
    const limited = answers.filter((answer) => nameOf(answer) === 'RateLimitError');
    expect(limited.length).toBeGreaterThan(9_000);
  });
});

describe('tokens of a living connection', () => {
  test('it ends when its token expires', async () => {
    const brief = await open({ ACCESS_TOKEN_TTL_S: '1' });
    const { access_token } = await register(brief);
    const client = await connect(access_token, brief);
    await until('the server disconnects', () => client.socket.disconnected);
  });

  test('auth:refresh carries it further, for the same user only', async () => {
    const brief = await open({ ACCESS_TOKEN_TTL_S: '2' });
    const [{ access_token, user }, stranger] = await Promise.all([register(brief), register()]);
    const login = await httpOf(one)('POST', '/api/auth/login', {
      body: { username: user.username, password: 'correct horse' },
    });
    const fresh = sessionSchema.parse(login.body);
    const [kept, lost] = await Promise.all([
      connect(access_token, brief),
      connect(access_token, brief),
    ]);
    for (const token of [stranger.access_token, 'x']) {
      expect(await lost.ask('auth:refresh', { token })).toEqual(refused('UnauthorizedError'));
    }
    expect(await kept.ask('auth:refresh', { token: fresh.access_token })).toEqual({
      success: true,
    });
    await until('the server disconnects the other', () => lost.socket.disconnected);
    expect(kept.socket.connected).toBe(true);
  });

  test('logout closes the sockets of its session on every node, and no others', async () => {
    const { access_token, user } = await register();
    const login = await httpOf(one)('POST', '/api/auth/login', {
      body: { username: user.username, password: 'correct horse' },
    });
    const other = sessionSchema.parse(login.body);
    const [here, there, stays] = await Promise.all([
      connect(access_token, one),
      connect(access_token, two),
      connect(other.access_token, two),
    ]);
    await httpOf(one)('POST', '/api/auth/logout', { token: access_token });
    await until('both are closed', () => here.socket.disconnected && there.socket.disconnected);
    expect(stays.socket.connected).toBe(true);
    await expect(connect(access_token, two)).rejects.toMatchObject({
      data: { name: 'UnauthorizedError' },
    });
  });
});

describe('messages', () => {
  test('go from node to node, in order, and the answer takes the place of the frame', async () => {
    const [ana, ben] = await Promise.all([register(), register()]);
    const conversationId = await direct(ana.access_token, ben.user.id);
    const from = await connect(ana.access_token, one);
    const to = await connect(ben.access_token, two);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, i) =>
        from.ask('chat:message_send', { conversationId, contentEncrypted: `message ${i}` }),
      ),
    );
    expect(answers[0]).toMatchObject({
      success: true,
      message: { seq: 1, sender_id: ana.user.id, content_encrypted: 'message 0' },
    });
    await until('all have arrived', () => to.all('chat:message_received').length === 100);
    expect(to.all('chat:message_received')).toMatchObject(
      Array.from({ length: 100 }, (_, i) => ({ seq: i + 1, content_encrypted: `message ${i}` })),
    );
    expect(from.all('chat:message_received')).toEqual([]);
    expect(await to.ask('chat:message_read', { conversationId, seq: 100 })).toEqual({
      success: true,
    });
    await until('the author is told', () => from.all('chat:message_status_updated').length > 0);
  });

  test('are answered briefly to those who asked for that', async () => {
    const [ana, ben] = await Promise.all([register(), register()]);
    const conversationId = await direct(ana.access_token, ben.user.id);
    const client = await connect(ana.access_token, one, { auth: { brief: true } });
    const answer = await client.ask('chat:message_send', {
      conversationId,
      contentEncrypted: 'hello',
      clientMessageId: 'mine',
    });
    expect(answer).toEqual({
      success: true,
      message: {
        id: anyText,
        conversation_id: conversationId,
        seq: 1,
        version: anyNumber,
        client_message_id: 'mine',
        created_at: anyText,
      },
    });
  });

  test('of strangers are not found', async () => {
    const [ana, ben, eve] = await Promise.all([register(), register(), register()]);
    const conversationId = await direct(ana.access_token, ben.user.id);
    const client = await connect(eve.access_token);
    const asked: [string, object][] = [
      ['chat:message_send', { conversationId, contentEncrypted: 'hello' }],
      ['chat:message_delivered', { conversationId, seq: 1 }],
      ['chat:message_read', { conversationId, seq: 1 }],
      ['chat:typing', { conversationId, isTyping: true }],
    ];
    for (const [command, data] of asked) {
      expect([command, await client.ask(command, data)]).toEqual([
        command,
        refused('NotFoundError'),
      ]);
    }
  });

  test('more than 20 a second with bursts of 200 are refused', async () => {
    const [ana, ben] = await Promise.all([register(), register()]);
    const conversationId = await direct(ana.access_token, ben.user.id);
    const client = await connect(ana.access_token);
    const answers = await Promise.all(
      Array.from({ length: 300 }, () =>
        client.ask('chat:message_send', { conversationId, contentEncrypted: 'x' }),
      ),
    );
    const accepted = answers.filter(succeeded).length;
    expect(accepted).toBeGreaterThanOrEqual(200);
    expect(accepted).toBeLessThan(300);
    expect(answers.find((answer) => !succeeded(answer))).toEqual(refused('RateLimitError'));
  });
});

test('[D10] typing and presence reach the other side, wherever it is connected', async () => {
  const [ana, ben] = await Promise.all([register(), register()]);
  const conversationId = await direct(ana.access_token, ben.user.id);
  const here = await connect(ana.access_token, one);
  const there = await connect(ben.access_token, two);
  await until('Ana sees Ben come', () => here.all('user:status_changed').length > 0);
  expect(here.all('user:status_changed')[0]).toMatchObject({
    userId: ben.user.id,
    status: 'online',
  });
  expect(await there.ask('chat:typing', { conversationId, isTyping: true })).toEqual({
    success: true,
  });
  await until('Ana sees Ben type', () => here.all('chat:user_typing').length > 0);
  const seen = await httpOf(one)('GET', `/api/users/${ben.user.id}`, { token: ana.access_token });
  expect(seen.body).toMatchObject({ presence: { status: 'online' } });
  await there.ask('presence:offline');
  await until('Ana sees Ben go', () => here.all('user:status_changed').length > 1);
  const after = await httpOf(one)('GET', `/api/users/${ben.user.id}`, { token: ana.access_token });
  expect(after.body).toMatchObject({
    presence: { status: 'offline', last_seen_at: anyText },
  });
  const { access_token: stranger } = await register();
  const hidden = await httpOf(one)('GET', `/api/users/${ben.user.id}`, { token: stranger });
  expect(hidden.body).toMatchObject({ presence: null });
});

test('nothing of all this was a bug', () => {
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

/** A connection whose every byte is the test's own. */
async function rawSocket(token: string): Promise<WebSocket> {
  const raw = new WebSocket(`ws://127.0.0.1:${one.port}/socket.io/?EIO=4&transport=websocket`);
  raw.once('open', () => raw.send(`40{"token":"${token}"}`));
  await new Promise<void>((resolve) => {
    raw.on('message', (data: Buffer) => {
      if (data.toString().includes('session:ready')) resolve();
    });
  });
  return raw;
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < levels; i++) value = [value];
  return value;
}

function nameOf(answer: unknown): unknown {
  const refusal = z.object({ error: z.object({ name: z.string() }) }).safeParse(answer);
  return refusal.data?.error.name;
}

function succeeded(answer: unknown): boolean {
  return (
    typeof answer === 'object' && answer !== null && 'success' in answer && answer.success === true
  );
}
