import { createHmac, randomUUID } from 'node:crypto';
import { ForbiddenError, UnauthorizedError } from '@chasqui/protocol';
import {
  type ChatClient,
  type ChatState,
  createMemoryStorage,
  openChatClient,
  type Storage,
} from '@chasqui/sdk';
import { until } from '@chasqui/testkit';
import { type ClientFixture, openClientFixture } from './clients/clientFixture';

const issuer = 'https://app.example';
const secret = 'a secret shared by the application and the chat';

let fixture: ClientFixture;
const opened: ChatClient[] = [];
beforeAll(async () => {
  fixture = await openClientFixture({
    worker: false,
    env: {
      ...{ EXTERNAL_ISSUER: issuer, EXTERNAL_AUDIENCE: 'chat', EXTERNAL_SECRET: secret },
      // One of the tests sends requests without pause.
      RATE_LIMIT: 'off',
    },
  });
});
afterAll(async () => {
  await Promise.all(opened.map((client) => client.close()));
  await fixture.close();
});

/** An embedding application with its own user and short-lived tokens. */
function application(subject: string = randomUUID(), lifeS = 600) {
  const app = { subject: subject as string | null, session: randomUUID(), given: 0, fails: false };
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const getToken = async (): Promise<string | null> => {
    app.given += 1;
    if (app.fails) throw new Error('the application does not respond');
    if (app.subject === null) return null;
    const iat = Math.floor(Date.now() / 1000);
    const claims = { iss: issuer, aud: 'chat', sub: app.subject, sid: app.session };
    const text = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ ...claims, jti: randomUUID(), iat, exp: iat + lifeS })}`;
    return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`;
  };
  return { app, getToken };
}

async function open(getToken: () => Promise<string | null>, storage?: Storage) {
  const client = await openChatClient({
    url: fixture.instance.url(),
    getToken,
    ...(storage && { storage }),
  });
  opened.push(client);
  return client;
}
const isLive = (client: ChatClient) => client.getState().connection.state === 'live';

test('a client with getToken signs in without a password and stays live across token renewals', async () => {
  // A token is renewed with a third of its lifetime left: longer than a slow machine may stall.
  const lifeS = 9;
  const { app, getToken } = application('ana of the app', lifeS);
  const since = performance.now();
  const client = await open(getToken);
  expect(client.getState().me).toBeNull();
  const me = await client.signInWithToken();
  client.connect();
  await until('it is live', () => isLive(client));
  const states: ChatState['connection']['state'][] = [];
  client.subscribe(({ connection }, before) => {
    if (connection !== before.connection) states.push(connection.state);
  });
  await until('the first tokens have expired', async () => {
    // Many concurrent requests, repeatedly, must share one token.
    await Promise.all(Array.from({ length: 10 }, () => client.findUsers('no such user')));
    return performance.now() - since > lifeS * 1_000 + 500;
  });
  expect(states).toEqual([]);
  expect(client.getState().me?.id).toBe(me.id);
  // The first token, and one per renewal, regardless of the number of requests.
  expect(app.given).toBeGreaterThanOrEqual(2);
  const renewedEveryMs = (lifeS * 1_000 * 2) / 3;
  expect(app.given).toBeLessThanOrEqual(2 + (performance.now() - since) / renewedEveryMs);
  await expect(client.signIn({ username: 'x', password: 'y' })).rejects.toThrow('signInWithToken');
});

test('[D1] a failing getToken is called again; one that returns null signs out and keeps unsent messages', async () => {
  const { app, getToken } = application();
  const ben = await fixture.people.register('ben');
  const storage = createMemoryStorage();
  const client = await open(getToken, storage);
  const me = await client.signInWithToken();
  const { id } = await client.createDirect(ben.id);
  await client.send(id, 'not sent yet');
  // The stored token has expired.
  const stored = (await storage.get('session')) as object;
  await client.close();
  await storage.write([{ key: 'session', value: { ...stored, renew_at: 0, expires_at: 0 } }]);

  app.fails = true;
  const later = await open(getToken, storage);
  expect(later.getState().me?.id).toBe(me.id);
  later.connect();
  await until('it waits', () => later.getState().connection.state === 'waiting to retry');
  Object.assign(app, { fails: false, subject: null });
  await until('it is signed out', () => later.getState().connection.state === 'signed out');
  expect(later.getState()).toMatchObject({ me: null, connection: { reason: 'refused' } });
});

test('a token of a different user ends the session and does not silently start another', async () => {
  const { app, getToken } = application();
  const storage = createMemoryStorage();
  const client = await open(getToken, storage);
  const ana = await client.signInWithToken();
  const stored = (await storage.get('session')) as object;
  await client.close();
  await storage.write([{ key: 'session', value: { ...stored, renew_at: 0 } }]);
  Object.assign(app, { subject: randomUUID(), session: randomUUID() });
  const later = await open(getToken, storage);
  later.connect();
  await until('it is signed out', () => later.getState().connection.state === 'signed out');
  expect((await later.signInWithToken()).id).not.toBe(ana.id);
  await until('it is live', () => isLive(later));
});

test('an ended session of the application stays ended even with fresh tokens', async () => {
  const { app, getToken } = application();
  const [phone, desk] = [await open(getToken), await open(getToken)];
  await phone.signInWithToken();
  await desk.signInWithToken();
  phone.connect();
  await until('it is live', () => isLive(phone));
  const [only, ...more] = await desk.listSessions();
  expect(more).toEqual([]);
  await desk.endSession(only?.id ?? '');
  await until('it is signed out', () => phone.getState().connection.state === 'signed out');
  await expect(phone.signInWithToken()).rejects.toThrow(UnauthorizedError);
  app.session = randomUUID();
  await phone.signInWithToken();
  await until('it is live again', () => isLive(phone));
  await expect(phone.changePassword('any at all', 'battery staple')).rejects.toMatchObject({
    details: { reason: 'no_password' },
  });
});

test('changing the password signs out all other sessions and keeps this one connected', async () => {
  const ana = await fixture.people.register('ana');
  const storage = createMemoryStorage();
  const [here, there] = [
    await fixture.clients.open(ana, { storage }),
    await fixture.clients.open(ana),
  ];
  expect(await here.client.listSessions()).toHaveLength(3);
  await expect(here.client.changePassword('wrong horse', 'battery staple')).rejects.toThrow(
    ForbiddenError,
  );
  await here.client.changePassword(ana.password, 'battery staple');
  await until(
    'the other is signed out',
    () => there.client.getState().connection.state === 'signed out',
  );
  expect(here.isLive()).toBe(true);
  expect(await here.client.listSessions()).toMatchObject([{ current: true }]);
  await there.client.signIn({ username: ana.username, password: 'battery staple' });
  await until('it is signed in again', there.isLive);
  await here.client.endOtherSessions();
  await until('it is signed out again', () => there.client.getState().me === null);
  expect(here.isLive()).toBe(true);
  // The new tokens must be stored: the old ones can no longer be refreshed.
  await here.client.close();
  const stored = (await storage.get('session')) as object;
  await storage.write([{ key: 'session', value: { ...stored, renew_at: 0 } }]);
  await fixture.clients.open(ana, { storage });
});
