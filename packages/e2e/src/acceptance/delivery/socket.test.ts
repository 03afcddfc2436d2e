import { createHmac, randomUUID } from 'node:crypto';
import { sessionSchema, syncSchema, userTyping } from '@chasqui/protocol';
import {
  createHttpClient,
  createPeople,
  createRestClient,
  type Instance,
  openInstance,
  type People,
  type Person,
  until,
  withoutStatus,
} from '@chasqui/testkit';
import { io } from 'socket.io-client';

// Section 4 of the contract on two nodes that share one Redis. Every frame is held to its schema by the device.

let instance: Instance;
let people: People;
beforeAll(async () => {
  instance = await openInstance({ nodes: 2, env: { CORS_ORIGINS: 'https://app.example' } });
  people = createPeople(instance);
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});

async function two() {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  return { ana, ben, id };
}

interface Refused {
  message: string;
  name: unknown;
}

/** Connects as told and resolves to the refusal, or to null when there is none. */
function handshake(options: object, transport: 'websocket' | 'polling' = 'websocket') {
  const socket = io(instance.url(), {
    ...{ transports: [transport], reconnection: false, forceNew: true },
    ...options,
  });
  return new Promise<Refused | null>((resolve) => {
    socket.once('session:ready', () => resolve(null));
    socket.once('connect_error', (error: Error & { data?: { name?: unknown } }) =>
      resolve({ message: error.message, name: error.data?.name }),
    );
  }).finally(() => socket.disconnect());
}

describe('the handshake', () => {
  test('takes the token in auth or as a bearer header, by both transports', async () => {
    const ana = await people.register();
    for (const transport of ['websocket', 'polling'] as const) {
      expect(await handshake({ auth: { token: ana.token } }, transport)).toBeNull();
      const extraHeaders = { authorization: `Bearer ${ana.token}` };
      expect(await handshake({ extraHeaders }, transport)).toBeNull();
    }
  });

  test('refuses with an error of the contract in data.name', async () => {
    const ana = await people.register();
    const unsigned = `${ana.token.split('.').slice(0, 2).join('.')}.`;
    const [, payload = ''] = ana.token.split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const header = Buffer.from('{"alg":"HS256","typ":"JWT"}').toString('base64url');
    const forged = createHmac('sha256', 'another')
      .update(`${header}.${payload}`)
      .digest('base64url');
    for (const token of [
      ...[undefined, '', 'nonsense', unsigned, none, `${header}.${payload}.${forged}`],
      ...[ana.refreshToken, 5, {}, ['x']],
    ]) {
      expect((await handshake({ auth: { token } }))?.name).toBe('UnauthorizedError');
    }
    const odd = { token: ana.token, deviceId: 'd'.repeat(129) };
    expect((await handshake({ auth: odd }))?.name).toBe('ValidationError');
  });

  test('a foreign Origin is refused, a listed one, the own one and none are not', async () => {
    const ana = await people.register();
    const auth = { token: ana.token };
    for (const transport of ['websocket', 'polling'] as const) {
      const from = (origin: string) => handshake({ auth, extraHeaders: { origin } }, transport);
      expect(await from('https://evil.example')).not.toBeNull();
      expect(await from('null')).not.toBeNull();
      expect(await from('https://app.example')).toBeNull();
      expect(await from(instance.url())).toBeNull();
    }
  });

  test('session:ready comes first, with user, device and protocol; queue_empty once', async () => {
    const { ana, id, ben } = await two();
    for (let i = 0; i < 3; i++) await ben.send(id, `m${i}`);
    const device = ana.device({ deviceId: 'phone' });
    await device.connect();
    expect(await device.drained()).toBe(3);
    expect(device.frames.map(({ event }) => event)).toEqual([
      'session:ready',
      ...Array.from({ length: 3 }, () => 'chat:message_received'),
      'chat:queue_empty',
    ]);
    expect(device.received('session:ready')).toEqual([
      { userId: ana.id, deviceId: 'phone', protocol: 1 },
    ]);
    await ben.send(id, 'live');
    await until('it is there', () => device.wire(id).length === 4);
    expect(device.received('chat:queue_empty')).toHaveLength(1);
    expect(device.violations).toEqual([]);
  });

  test('without a deviceId the session is the device', async () => {
    const ana = await people.register();
    const socket = io(instance.url(), {
      ...{ auth: { token: ana.token }, transports: ['websocket'], forceNew: true },
    });
    const told = await new Promise<{ deviceId: string }>((resolve) =>
      socket.once('session:ready', resolve),
    );
    socket.disconnect();
    const payload = Buffer.from(ana.token.split('.')[1] ?? '', 'base64url').toString();
    expect(payload).toContain(told.deviceId);
  });
});

describe('commands', () => {
  test('a send answers with the message, brief for who asked for it, in the place of its frame', async () => {
    const { ana, ben, id } = await two();
    const [full, brief, other] = [
      ana.device(),
      ana.on(1).device({ brief: true }),
      ben.on(1).device(),
    ];
    for (const device of [full, brief, other]) {
      await device.connect();
      await device.drained();
    }
    const first = await full.send(id, 'one', { messageType: 'voice' });
    expect(first.message).toMatchObject({ seq: 1, message_type: 'voice', status: 'sent' });
    const second = await brief.send(id, 'two');
    expect(Object.keys(second.message ?? {}).sort()).toEqual([
      ...['client_message_id', 'conversation_id', 'created_at', 'id', 'seq', 'version'],
    ]);
    await until('all have both', () =>
      [full, brief, other].every((device) => device.wire(id).length === 2),
    );
    // The connection that sent it is not sent it again.
    expect(full.received('chat:message_received')).toHaveLength(1);
    expect(brief.received('chat:message_received')).toHaveLength(1);
    expect(other.received('chat:message_received')).toHaveLength(2);
  });

  test('[D9] a stranger and a removed participant are answered NotFoundError by every command', async () => {
    const { ana, ben, eve } = await people.registerAll('ana', 'ben', 'eve');
    const { id } = await people.group(ana, ben);
    const message = await ana.send(id, 'hello');
    await ana.call('removeParticipant', { params: { id, userId: ben.id } });
    for (const person of [ben, eve]) {
      const device = person.device();
      await device.connect();
      const commands = [
        ['chat:message_send', { conversationId: id, contentEncrypted: 'x' }],
        ['chat:message_delivered', { conversationId: id, seq: 1 }],
        ['chat:message_delivered', { messageId: message.id }],
        ['chat:message_read', { conversationId: id, seq: 1 }],
        ['chat:message_read', { messageId: message.id }],
        ['chat:typing', { conversationId: id, isTyping: true }],
      ] as const;
      for (const [command, data] of commands) {
        const answer = await device.ask(command, data);
        expect([command, answer.success ? 'success' : answer.error.name]).toEqual([
          command,
          'NotFoundError',
        ]);
      }
      device.disconnect();
    }
  });

  test('edits, deletions and reactions are told to all devices as chat:message_updated', async () => {
    const { ana, ben, id } = await two();
    const device = ben.on(1).device();
    await device.connect();
    await device.drained();
    const { id: messageId } = await ana.send(id, 'one');
    await until('it came', () => device.wire(id).length === 1);
    const params = { messageId };
    await ana.call('editMessage', { params, body: { content_encrypted: 'two' } });
    await ana.call('addReaction', { params, body: { emoji: '🎉' } });
    await ana.call('deleteMessage', { params });
    await until('three changes', () => device.received('chat:message_updated').length === 3);
    const [fresh] = await ben.history(id);
    expect(device.entries(id)[0]).toMatchObject({ ...fresh, status: expect.any(String) as string });
    expect(device.violations).toEqual([]);
  });

  test('chat:sync is what GET /api/sync is, and they share their cursors', async () => {
    const { ana, ben, id } = await two();
    const device = ben.on(1).device();
    await device.connect();
    await device.drained();
    const begun = await device.ask('chat:sync', {});
    const { cursor } = syncSchema.parse(begun.success && begun.answer);
    await ana.send(id, 'new');
    const asked = await device.ask('chat:sync', { cursor });
    const { body } = await ben.call('readSync', { query: { cursor } });
    const bySocket = syncSchema.parse(asked.success && asked.answer);
    expect(bySocket.messages.map(({ seq }) => seq)).toEqual([1]);
    expect(body.messages.map(withoutStatus)).toEqual(bySocket.messages.map(withoutStatus));
  });

  test('conversation:created, updated and removed are told to those concerned, on both nodes', async () => {
    const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
    const [a, b, c] = [ana.device(), ben.on(1).device(), cleo.on(1).device()];
    for (const device of [a, b, c]) await device.connect();
    const { id } = await people.group(ana, ben);
    await until('ben is told', () => b.received('conversation:created').length === 1);
    await ana.call('renameConversation', { params: { id }, body: { title: 'new' } });
    await until('the title is told', () =>
      [a, b].every((device) =>
        JSON.stringify(device.received('conversation:updated')).includes('"new"'),
      ),
    );
    await ana.call('addParticipant', { params: { id }, body: { user_id: cleo.id } });
    await until('cleo is told', () => c.received('conversation:created').length === 1);
    await ana.call('removeParticipant', { params: { id, userId: ben.id } });
    await until('ben is told', () => b.received('conversation:removed').length === 1);
    expect(b.received('conversation:removed')).toEqual([{ conversationId: id }]);
    for (const device of [a, b, c]) expect(device.violations).toEqual([]);
    // A title, one who joins, one who goes; a send raises none.
    await until('ana is told', () => a.received('conversation:updated').length === 3);
    await cleo.send(id, 'hello');
    await until('it came', () => a.entries(id).some(({ kind }) => kind === 'message'));
    expect(a.received('conversation:updated')).toHaveLength(3);
  });
});

describe('sessions', () => {
  test('logout closes the sockets of that session on every node, and those of no other', async () => {
    const ana = await people.register();
    const { body: other } = await createRestClient(instance.url()).call('login', { body: ana });
    const [here, there] = [ana.device(), ana.on(1).device()];
    const elsewhere = ana.on(1).device({ token: other.access_token });
    for (const device of [here, there, elsewhere]) await device.connect();
    await ana.call('logout');
    await until('both are closed', () => !here.socket().connected && !there.socket().connected);
    expect(elsewhere.socket().connected).toBe(true);
    expect((await elsewhere.ask('presence:online')).success).toBe(true);
    await expect(here.connect()).rejects.toMatchObject({ data: { name: 'UnauthorizedError' } });
  });

  test('a living connection ends when its token expires, unless it is refreshed', async () => {
    const node = await instance.addNode({ ACCESS_TOKEN_TTL_S: '3' });
    const http = createHttpClient(node.url);
    const ana = await people.register();
    const login = async () =>
      sessionSchema.parse((await http('POST', '/api/auth/login', { body: ana })).body);
    const urls = [node.url];
    // A machine that stands still may outlast the few seconds that a token has: then with another.
    const kept = await until('one is refreshed in time', async () => {
      const two = await login();
      expect(two.expires_in).toBe(3);
      const { body } = await createRestClient(instance.url()).call('refresh', {
        body: { refresh_token: two.refresh_token },
      });
      const device = ana.device({ urls, token: two.access_token });
      await device.connect();
      const answer = await device.ask('auth:refresh', { token: body.access_token });
      return answer.success ? device : null;
    });
    let one = await login();
    const idle = await until('another is there in time', async () => {
      one = await login();
      const device = ana.device({ urls, token: one.access_token });
      await device.connect();
      return device;
    });
    await until('the idle one is closed', () => !idle.socket().connected, 10_000);
    expect(kept.socket().connected).toBe(true);
    expect((await kept.ask('presence:online')).success).toBe(true);
    const refused = await createRestClient(node.url).refused('readMe', { token: one.access_token });
    expect(refused.status).toBe(401);
  });

  test('auth:refresh takes no token of somebody else', async () => {
    const { ana, ben } = await people.registerAll('ana', 'ben');
    const device = ana.device();
    await device.connect();
    for (const token of [ben.token, ana.refreshToken, 'nonsense']) {
      const answer = await device.ask('auth:refresh', { token });
      expect(answer.success ? 'success' : answer.error.name).toBe('UnauthorizedError');
    }
    expect(device.socket().connected).toBe(true);
  });
});

describe('limits', () => {
  test('sends beyond the rate are refused with RateLimitError and Retry-After', async () => {
    const node = await instance.addNode({
      ...{ RATE_LIMIT: 'on', RATE_LIMIT_MESSAGES_PER_SECOND: '1' },
    });
    const { ana, id } = await two();
    const rest = createRestClient(node.url);
    const body = { conversation_id: id, content_encrypted: 'x' };
    const device = ana.device({ urls: [node.url] });
    await device.connect();
    // Ten at once, and one for each second that it takes.
    const attempts = await Promise.all(Array.from({ length: 50 }, () => device.send(id, 'x')));
    const refused = attempts.filter(({ outcome }) => outcome === 'refused');
    expect(refused.length).toBeGreaterThanOrEqual(4);
    expect(refused.length).toBeLessThanOrEqual(40);
    expect(refused[0]?.error).toMatchObject({
      name: 'RateLimitError',
      details: { retry_after_seconds: expect.any(Number) as number },
    });
    // By whichever door; what has been earned meanwhile is used up first.
    const { last_seq } = await ana.conversation(id);
    expect(last_seq).toBe(50 - refused.length);
    const byRest = await until('REST refuses as well', () =>
      rest.refused('sendMessage', { token: ana.token, body }),
    );
    expect(byRest).toMatchObject({ status: 429, name: 'RateLimitError' });
    expect(Number(byRest.headers.get('retry-after'))).toBeGreaterThan(0);
  });
});

describe('typing and presence', () => {
  let ana: Person;
  let ben: Person;
  let id: string;
  beforeEach(async () => {
    ({ ana, ben, id } = await two());
  });

  test('[D10] typing reaches the others on both nodes, ends by itself within 6 s, and is not queued', async () => {
    const [a, b] = [ana.device(), ben.on(1).device()];
    await a.connect();
    await b.connect();
    const seen = () => b.received('chat:user_typing').map((data) => userTyping.data.parse(data));
    // By the server's clock, that the way and the test's own haste do not count; once is enough.
    await until('it ends within 6 s', async () => {
      const before = seen().length;
      await a.ask('chat:typing', { conversationId: id, isTyping: true });
      await until('ben sees it', () => seen().length > before);
      expect(seen()[before]).toMatchObject({
        ...{ conversationId: id, userId: ana.id, username: ana.username, isTyping: true },
      });
      await until('it ends', () => seen().length > before + 1);
      expect(seen()[before + 1]).toMatchObject({ isTyping: false });
      const [began, ended] = seen()
        .slice(before)
        .map(({ timestamp }) => Date.parse(timestamp));
      return (ended ?? Infinity) - (began ?? 0) <= 6_000;
    });
    expect(a.received('chat:user_typing')).toEqual([]);
    const late = ben.device();
    await late.connect();
    await late.drained();
    expect(late.received('chat:user_typing')).toEqual([]);
  });

  test('[D10] a short reconnect shows no flicker; the last disconnect shows offline, once', async () => {
    const watcher = ben.on(1).device();
    await watcher.connect();
    const told = () =>
      watcher
        .received('user:status_changed')
        .map((data) => data as { userId: string; status: string })
        .filter(({ userId }) => userId === ana.id)
        .map(({ status }) => status);
    const [phone, laptop] = [ana.device(), ana.on(1).device()];
    await phone.connect();
    await until('online', () => told().length === 1);
    // Alone, and so not there for a moment.
    for (let i = 0; i < 3; i++) {
      phone.disconnect();
      await phone.connect();
    }
    await laptop.connect();
    phone.disconnect();
    const presence = async () =>
      (await ben.call('readUser', { params: { id: ana.id } })).body.presence;
    expect((await presence())?.status).toBe('online');
    expect(told()).toEqual(['online']);
    laptop.disconnect();
    await until('offline', () => told().length === 2);
    expect(told()).toEqual(['online', 'offline']);
    const after = await presence();
    expect(after?.status).toBe('offline');
    expect(after?.last_seen_at).not.toBeNull();
  });

  test('[D10] presence:offline hides a living connection, presence:online shows it again', async () => {
    const watcher = ben.on(1).device();
    await watcher.connect();
    const device = ana.device();
    await device.connect();
    const last = () =>
      watcher
        .received('user:status_changed')
        .map((data) => data as { userId: string; status: string })
        .filter(({ userId }) => userId === ana.id)
        .at(-1)?.status;
    await until('online', () => last() === 'online');
    await device.ask('presence:offline');
    await until('offline', () => last() === 'offline');
    await ben.send(id, 'still delivered');
    await until('it came', () => device.wire(id).length === 1);
    await device.ask('presence:online');
    await until('online again', () => last() === 'online');
  });

  test('[D9] a stranger receives no presence', async () => {
    const eve = await people.register();
    const device = eve.device();
    await device.connect();
    const a = ana.device();
    await a.connect();
    await a.ask('chat:typing', { conversationId: id, isTyping: true });
    await a.send(id, randomUUID());
    // Something that does reach her, after all that could not.
    await people.direct(eve, ben);
    await until('her own', () => device.received('conversation:created').length === 1);
    expect(device.frames.map(({ event }) => event)).toEqual([
      'session:ready',
      'chat:queue_empty',
      'conversation:created',
    ]);
  });
});
