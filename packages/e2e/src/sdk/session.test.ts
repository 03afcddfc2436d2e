import { type ClientFixture, openClientFixture } from './clients/clientFixture';
import { type ChatState, createMemoryStorage, openChatClient, type Storage } from '@chasqui/sdk';
import { storedSessionSchema } from '@chasqui/sdk/testing';
import { until } from '@chasqui/testkit';

const LIFE_S = 9;
const RENEWED_EVERY_MS = (LIFE_S * 1_000 * 2) / 3;

let fixture: ClientFixture;
beforeAll(async () => {
  // A token is renewed with a third of its lifetime left: longer than a slow machine may stall.
  fixture = await openClientFixture({ env: { ACCESS_TOKEN_TTL_S: `${LIFE_S}` } });
});
afterAll(() => fixture.close());

const sessionIn = async (storage: Storage) =>
  storedSessionSchema.parse(await storage.get('session'));

test('concurrent requests share one refresh before a token expires, and the connection stays open', async () => {
  const { ana } = await fixture.people.registerAll('ana');
  const storage = createMemoryStorage();
  const began = performance.now();
  const a = await fixture.clients.open(ana, { storage });
  const states: ChatState['connection']['state'][] = [];
  a.client.subscribe(({ connection }, before) => {
    if (connection !== before.connection) states.push(connection.state);
  });
  const first = await sessionIn(storage);
  await until('the second token', async () => {
    // Many concurrent requests, repeatedly.
    await Promise.all(Array.from({ length: 10 }, () => a.client.findUsers('no such user')));
    const { refresh_token } = await sessionIn(storage);
    return refresh_token !== first.refresh_token;
  });
  const second = await sessionIn(storage);
  await until('the third token', async () => {
    const { refresh_token } = await sessionIn(storage);
    return refresh_token !== second.refresh_token;
  });
  await until('the first two have expired', () => Date.now() > second.expires_at + 500);
  const [{ count } = { count: 0 }] = await fixture.instance.sql<{ count: number }>(
    `SELECT count(*)::integer AS count FROM refresh_tokens WHERE session_id IN
       (SELECT session_id FROM refresh_tokens WHERE token_hash = sha256($1))`,
    [first.refresh_token],
  );
  expect(states).toEqual([]);
  // The first token, and one per renewal, regardless of the number of requests.
  expect(count).toBeGreaterThanOrEqual(3);
  expect(count).toBeLessThanOrEqual(2 + (performance.now() - began) / RENEWED_EVERY_MS);
  await a.client.findUsers('no such user');
});

test('a rejected token is refreshed, and the request is repeated', async () => {
  const { ana } = await fixture.people.registerAll('ana');
  const storage = createMemoryStorage();
  const a = await fixture.clients.prepare(ana, { storage });
  const session = await sessionIn(storage);
  await a.client.close();
  // As with a wrong clock: valid by the stored times, but not for the server.
  const far = Date.now() + 3_600_000;
  const stale = { ...session, access_token: 'none', renew_at: far, expires_at: far };
  await storage.write([{ key: 'session', value: stale }]);
  const again = await fixture.clients.prepare(ana, { storage });
  const found = await Promise.all([1, 2, 3].map(() => again.client.findUsers(ana.username)));
  expect(found.map(({ users }) => users.length)).toEqual([1, 1, 1]);
  again.client.connect();
  await again.live();
});

test('[D1] when the server ends the session, the client signs out and keeps unsent messages for their author', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  const storage = createMemoryStorage();
  const a = await fixture.clients.open(ana, { storage });
  a.client.disconnect();
  await a.client.send(id, 'not sent yet');
  const { access_token: token } = await sessionIn(storage);
  await ana.call('logout', { token });
  a.client.connect();
  await until('it is signed out', () => a.client.getState().connection.state === 'signed out');
  expect(a.client.getState()).toMatchObject({ me: null, connection: { reason: 'refused' } });
  await expect(a.client.send(id, 'after the session')).rejects.toThrow();
  // Server data is deleted; unsent messages stay, and the application can show their number.
  await until('server data is deleted', async () => {
    const kept = (await storage.list('')).map(({ key }) => key.split('/')[2] ?? key);
    return kept.join() === 'device,outbox';
  });
  expect(await a.client.countUnsentOfOthers()).toBe(1);

  // Another user of the same device does not send her messages.
  await a.client.signIn({ username: ben.username, password: ben.password });
  await until('ben is live', a.isLive);
  expect(a.client.getState().outbox).toEqual([]);
  await a.client.signOut();
  await a.client.signIn({ username: ana.username, password: ana.password });
  await until('it is sent', () => a.shown(id).length === 1);
  expect(a.shown(id)).toEqual(['not sent yet']);
  expect(await ben.history(id)).toMatchObject([{ sender_id: ana.id }]);
});

test('if the session ended while the client was closed, the next start deletes the stored state', async () => {
  const { ana, ben } = await fixture.people.registerAll('ana', 'ben');
  const { id } = await fixture.people.direct(ana, ben);
  await ben.send(id, 'hello ana');
  const storage = createMemoryStorage();
  const known = async () => (await storage.list('user/')).map(({ key }) => key);
  const a = await fixture.clients.open(ana, { storage });
  await until('it is stored', async () => (await known()).length > 1);
  const { access_token: token } = await sessionIn(storage);
  await a.client.close();
  await ana.call('logout', { token });
  expect((await known()).length).toBeGreaterThan(1);
  const again = await openChatClient({ url: fixture.instance.url(), storage });
  again.connect();
  await until('it is deleted', async () => (await known()).length === 0);
  expect(again.getState().me).toBeNull();
  await again.close();

  // A write by one tab while another signs out is deleted at the next start.
  await storage.write([{ key: `user/${ana.id}/known/cursor`, value: 'late' }]);
  await (await openChatClient({ url: fixture.instance.url(), storage })).close();
  expect(await known()).toEqual([]);
});
