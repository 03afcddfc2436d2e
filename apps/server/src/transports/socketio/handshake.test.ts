import { parseServerSettings } from '@chasqui/settings';
import {
  openServerFixture,
  openSocket,
  quietLog,
  type ServerFixture,
  until,
} from '@chasqui/testkit';
import { WebSocket } from 'ws';
import { startNode, type Node } from '../../startNode';

// Which clients are admitted, as which user, and for how long.

let fixture: ServerFixture<Node>;
let one: Node;
let two: Node;
const log = quietLog();

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  [one, two] = [
    await fixture.open({ CORS_ORIGINS: 'https://app.example' }),
    await fixture.open({ CORS_ORIGINS: 'https://app.example' }),
  ];
});
afterEach(() => fixture.disconnectAll());
afterAll(() => fixture.close());

const anyText: unknown = expect.any(String);
const anyUuid: unknown = expect.stringMatching(/^[0-9a-f-]{36}$/);

function refused(name: string): object {
  const error: unknown = expect.objectContaining({ name });
  return { success: false, error };
}

describe('the handshake', () => {
  test.each<['polling' | 'websocket']>([['polling'], ['websocket']])(
    'a connection by %s begins with session:ready, and the session id is the default device id',
    async (transport) => {
      const { access_token, user } = await fixture.register();
      const { events } = await fixture.connect(access_token, { transports: [transport] });
      await until('the backlog has ended', () => events.length > 1);
      expect(events[0]).toEqual({
        event: 'session:ready',
        data: {
          ...{ userId: user.id, deviceId: anyUuid, protocol: 1 },
          capabilities: ['mercure', 'pusher'],
        },
      });
      expect(events[1]).toEqual({ event: 'chat:queue_empty', data: { delivered: 0 } });
    },
  );

  test('a bearer header and a device id are accepted', async () => {
    const { access_token } = await fixture.register();
    const client = await openSocket(fixture.urlOf(), {
      auth: { deviceId: 'my phone' },
      headers: { authorization: `Bearer ${access_token}` },
    });
    expect(client.all('session:ready')).toMatchObject([{ deviceId: 'my phone' }]);
    client.close();
  });

  test.each<[string, () => Promise<Record<string, unknown>>, string]>([
    ['no token', async () => ({}), 'UnauthorizedError'],
    ['a wrong token', async () => ({ token: 'x' }), 'UnauthorizedError'],
    ['a token that is not text', async () => ({ token: { $ne: 1 } }), 'UnauthorizedError'],
    [
      'a refresh token',
      async () => ({ token: (await fixture.register()).refresh_token }),
      'UnauthorizedError',
    ],
    [
      'an invalid device id',
      async () => ({ token: (await fixture.register()).access_token, deviceId: 'x'.repeat(129) }),
      'ValidationError',
    ],
  ])('a handshake with %s is refused with an error of the contract', async (_what, auth, name) => {
    await expect(openSocket(fixture.urlOf(), { auth: await auth() })).rejects.toMatchObject({
      data: { name, message: anyText },
    });
  });

  test.each<['polling' | 'websocket']>([['polling'], ['websocket']])(
    'a connection by %s is refused to pages of foreign origins',
    async (transport) => {
      const { access_token } = await fixture.register();
      const from = (origin: string) =>
        fixture.connect(access_token, { transports: [transport], headers: { origin } });
      await expect(from('https://evil.example')).rejects.toThrow();
      await expect(from('https://app.example')).resolves.toBeDefined();
      await expect(from(fixture.urlOf())).resolves.toBeDefined();
    },
  );

  test('of a thousand handshakes on one transport only one is in progress', async () => {
    const { access_token } = await fixture.register();
    const raw = new WebSocket(`ws://127.0.0.1:${one.port}/socket.io/?EIO=4&transport=websocket`);
    raw.on('open', () => {
      for (let i = 0; i < 1_000; i++) raw.send(`40{"token":"${access_token}"}`);
    });
    await new Promise((resolve) => raw.once('close', resolve));
    await expect(fixture.connect(access_token)).resolves.toBeDefined();
  });
});

describe('tokens of an open connection', () => {
  test('a connection is closed when its token expires', async () => {
    const brief = await fixture.open({ ACCESS_TOKEN_TTL_S: '1' });
    const person = await fixture.register(brief);
    const client = await fixture.connectInTime(brief, person);
    await until('the server disconnects', () => client.socket.disconnected);
  });

  test('auth:refresh extends a connection, for the same user only', async () => {
    const brief = await fixture.open({ ACCESS_TOKEN_TTL_S: '2' });
    const [person, stranger] = await Promise.all([fixture.register(brief), fixture.register()]);
    const fresh = await fixture.login(person);
    const lost = await fixture.connectInTime(brief, person, async (client) => {
      for (const token of [stranger.access_token, 'x']) {
        expect(await client.ask('auth:refresh', { token })).toEqual(refused('UnauthorizedError'));
      }
    });
    const kept = await fixture.connectInTime(brief, person, async (client) => {
      expect(await client.ask('auth:refresh', { token: fresh.access_token })).toEqual({
        success: true,
      });
    });
    await until('the server disconnects the other', () => lost.socket.disconnected);
    expect(kept.socket.connected).toBe(true);
  });

  test('a logout closes the connections of its session on every node, and no others', async () => {
    const person = await fixture.register();
    const { access_token } = person;
    const other = await fixture.login(person);
    const [here, there, stays] = await Promise.all([
      fixture.connect(access_token),
      fixture.connect(access_token, { node: two }),
      fixture.connect(other.access_token, { node: two }),
    ]);
    await fixture.httpOf()('POST', '/api/auth/logout', { token: access_token });
    await until('both are closed', () => here.socket.disconnected && there.socket.disconnected);
    expect(stays.socket.connected).toBe(true);
    await expect(fixture.connect(access_token, { node: two })).rejects.toMatchObject({
      data: { name: 'UnauthorizedError' },
    });
  });
});

test('no test in this file logged an error', () => {
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
