import { createHmac } from 'node:crypto';
import { sessionSchema } from '@chasqui/protocol';
import { createHttpClient, createRestClient, until } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';
import { io } from 'socket.io-client';

// Every command and event (docs/CONTRACT.md) on two nodes that share one Redis. Devices check every frame against its schema.

const suite = setUpAcceptanceSuite({ nodes: 2, env: { CORS_ORIGINS: 'https://app.example' } });

interface Refused {
  message: string;
  name: unknown;
}

/** Connects with these options; resolves to the refusal, or to null if accepted. */
function handshake(options: object, transport: 'websocket' | 'polling' = 'websocket') {
  const socket = io(suite.instance.url(), {
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
  test('accepts the token in auth or as a bearer header, over both transports', async () => {
    const ana = await suite.people.register();
    for (const transport of ['websocket', 'polling'] as const) {
      expect(await handshake({ auth: { token: ana.token } }, transport)).toBeNull();
      const extraHeaders = { authorization: `Bearer ${ana.token}` };
      expect(await handshake({ extraHeaders }, transport)).toBeNull();
    }
  });

  test('refuses with the name of a declared error in data.name', async () => {
    const ana = await suite.people.register();
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

  test("a foreign Origin is refused; a listed one, the server's own and none are accepted", async () => {
    const ana = await suite.people.register();
    const auth = { token: ana.token };
    for (const transport of ['websocket', 'polling'] as const) {
      const from = (origin: string) => handshake({ auth, extraHeaders: { origin } }, transport);
      expect(await from('https://evil.example')).not.toBeNull();
      expect(await from('null')).not.toBeNull();
      expect(await from('https://app.example')).toBeNull();
      expect(await from(suite.instance.url())).toBeNull();
    }
  });

  test('session:ready comes first, with user, device, protocol and capabilities; queue_empty comes once', async () => {
    const { ana, id, ben } = await suite.openDirect();
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
      { userId: ana.id, deviceId: 'phone', protocol: 1, capabilities: ['mercure', 'pusher'] },
    ]);
    await ben.send(id, 'live');
    await until('the message arrived', () => device.wire(id).length === 4);
    expect(device.received('chat:queue_empty')).toHaveLength(1);
    expect(device.violations).toEqual([]);
  });

  test('without a deviceId the session id is the device id', async () => {
    const ana = await suite.people.register();
    const socket = io(suite.instance.url(), {
      ...{ auth: { token: ana.token }, transports: ['websocket'], forceNew: true },
    });
    const ready = await new Promise<{ deviceId: string }>((resolve) =>
      socket.once('session:ready', resolve),
    );
    socket.disconnect();
    const payload = Buffer.from(ana.token.split('.')[1] ?? '', 'base64url').toString();
    expect(payload).toContain(ready.deviceId);
  });
});

describe('sessions', () => {
  test('logout closes the sockets of that session on every node, and no others', async () => {
    const ana = await suite.people.register();
    const { body: other } = await createRestClient(suite.instance.url()).call('login', {
      body: ana,
    });
    const [here, there] = [ana.device(), ana.on(1).device()];
    const elsewhere = ana.on(1).device({ token: other.access_token });
    for (const device of [here, there, elsewhere]) await device.connect();
    await ana.call('logout');
    await until('both are closed', () => !here.socket().connected && !there.socket().connected);
    expect(elsewhere.socket().connected).toBe(true);
    expect((await elsewhere.ask('presence:online')).success).toBe(true);
    await expect(here.connect()).rejects.toMatchObject({ data: { name: 'UnauthorizedError' } });
  });

  test('an open connection is closed when its token expires, unless it is refreshed', async () => {
    const node = await suite.instance.addNode({ ACCESS_TOKEN_TTL_S: '3' });
    const http = createHttpClient(node.url);
    const ana = await suite.people.register();
    const login = async () =>
      sessionSchema.parse((await http('POST', '/api/auth/login', { body: ana })).body);
    const urls = [node.url];
    // A stalled machine may outlast the token's lifetime of a few seconds; then retry with another.
    const kept = await until('a connection is refreshed in time', async () => {
      const two = await login();
      expect(two.expires_in).toBe(3);
      const { body } = await createRestClient(suite.instance.url()).call('refresh', {
        body: { refresh_token: two.refresh_token },
      });
      const device = ana.device({ urls, token: two.access_token });
      await device.connect();
      const answer = await device.ask('auth:refresh', { token: body.access_token });
      return answer.success ? device : null;
    });
    let one = await login();
    const idle = await until('another connection is open in time', async () => {
      one = await login();
      const device = ana.device({ urls, token: one.access_token });
      await device.connect();
      return device;
    });
    await until('the idle connection is closed', () => !idle.socket().connected, 10_000);
    expect(kept.socket().connected).toBe(true);
    expect((await kept.ask('presence:online')).success).toBe(true);
    const refused = await createRestClient(node.url).refused('readMe', { token: one.access_token });
    expect(refused.status).toBe(401);
  });

  test("auth:refresh refuses another user's token", async () => {
    const { ana, ben } = await suite.people.registerAll('ana', 'ben');
    const device = ana.device();
    await device.connect();
    for (const token of [ben.token, ana.refreshToken, 'nonsense']) {
      const answer = await device.ask('auth:refresh', { token });
      expect(answer.success ? 'success' : answer.error.name).toBe('UnauthorizedError');
    }
    expect(device.socket().connected).toBe(true);
  });
});
