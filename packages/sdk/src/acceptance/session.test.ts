import { type ClientRoom, openClientRoom } from '@pern/testing/clients/clientRoom';
import { until } from '@pern/testing/until';
import { openChatClient } from '../openChatClient';
import type { ChatState } from '../state/chatState';
import { createMemoryStorage } from '../storage/memoryStorage';
import type { Storage } from '../storage/storage';
import { storedSessionSchema } from '../session/storedSession';

const LIFE_S = 9;
const RENEWED_EVERY_MS = (LIFE_S * 1_000 * 2) / 3;

let room: ClientRoom;
beforeAll(async () => {
  // A third of it is left when it is renewed: longer than a machine stands still.
  room = await openClientRoom({ env: { ACCESS_TOKEN_TTL_S: `${LIFE_S}` } });
});
afterAll(() => room.close());

const sessionIn = async (storage: Storage) =>
  storedSessionSchema.parse(await storage.get('session'));

test('tokens are refreshed before they expire, once for all who ask, and the connection lives on', async () => {
  const { ana } = await room.people.cast('ana');
  const storage = createMemoryStorage();
  const began = performance.now();
  const a = await room.clients.open(ana, { storage });
  const states: ChatState['connection']['state'][] = [];
  a.client.subscribe(({ connection }, before) => {
    if (connection !== before.connection) states.push(connection.state);
  });
  const first = await sessionIn(storage);
  await until('the second token', async () => {
    // Many at once, all the time.
    await Promise.all(Array.from({ length: 10 }, () => a.client.findUsers('nobody at all')));
    const { refresh_token } = await sessionIn(storage);
    return refresh_token !== first.refresh_token;
  });
  const second = await sessionIn(storage);
  await until('the third token', async () => {
    const { refresh_token } = await sessionIn(storage);
    return refresh_token !== second.refresh_token;
  });
  await until('the first two have expired', () => Date.now() > second.expires_at + 500);
  const [{ count } = { count: 0 }] = await room.instance.sql<{ count: number }>(
    `SELECT count(*)::integer AS count FROM refresh_tokens WHERE session_id IN
       (SELECT session_id FROM refresh_tokens WHERE token_hash = sha256($1))`,
    [first.refresh_token],
  );
  expect(states).toEqual([]);
  // The first, and one each time that one grows old, whoever asks.
  expect(count).toBeGreaterThanOrEqual(3);
  expect(count).toBeLessThanOrEqual(2 + (performance.now() - began) / RENEWED_EVERY_MS);
  await a.client.findUsers('nobody at all');
});

test('a token that is turned away is refreshed, and the request goes on', async () => {
  const { ana } = await room.people.cast('ana');
  const storage = createMemoryStorage();
  const a = await room.clients.prepare(ana, { storage });
  const session = await sessionIn(storage);
  await a.client.close();
  // As after a clock that was wrong: good by what is stored, and not by the server.
  const far = Date.now() + 3_600_000;
  const stale = { ...session, access_token: 'none', renew_at: far, expires_at: far };
  await storage.write([{ key: 'session', value: stale }]);
  const again = await room.clients.prepare(ana, { storage });
  const found = await Promise.all([1, 2, 3].map(() => again.client.findUsers(ana.username)));
  expect(found.map(({ users }) => users.length)).toEqual([1, 1, 1]);
  again.client.connect();
  await again.live();
});

test('[D1] a session that the server ends signs out, and keeps what was not sent for its user', async () => {
  const { ana, ben } = await room.people.cast('ana', 'ben');
  const { id } = await room.people.direct(ana, ben);
  const storage = createMemoryStorage();
  const a = await room.clients.open(ana, { storage });
  a.client.disconnect();
  await a.client.send(id, 'not sent yet');
  const { access_token: token } = await sessionIn(storage);
  await ana.call('logout', { token });
  a.client.connect();
  await until('it knows', () => a.client.getState().connection.state === 'signed out');
  expect(a.client.getState()).toMatchObject({ me: null, connection: { reason: 'refused' } });
  await expect(a.client.send(id, 'nobody is there')).rejects.toThrow();
  // Of what the server told nothing stays; what was not sent does, and the app can say so.
  await until('the rest is taken away', async () => {
    const kept = (await storage.list('')).map(({ key }) => key.split('/')[2] ?? key);
    return kept.join() === 'device,outbox';
  });
  expect(await a.client.countUnsentOfOthers()).toBe(1);

  // Somebody else at the same machine sends nothing of hers.
  await a.client.signIn({ username: ben.username, password: ben.password });
  await until('ben is live', a.isLive);
  expect(a.client.getState().outbox).toEqual([]);
  await a.client.signOut();
  await a.client.signIn({ username: ana.username, password: ana.password });
  await until('it is sent', () => a.shown(id).length === 1);
  expect(a.shown(id)).toEqual(['not sent yet']);
  expect(await ben.history(id)).toMatchObject([{ sender_id: ana.id }]);
});

test('a session that ended while nobody looked: at the next start what was known is taken away', async () => {
  const { ana, ben } = await room.people.cast('ana', 'ben');
  const { id } = await room.people.direct(ana, ben);
  await ben.send(id, 'for her eyes');
  const storage = createMemoryStorage();
  const known = async () => (await storage.list('user/')).map(({ key }) => key);
  const a = await room.clients.open(ana, { storage });
  await until('it is kept', async () => (await known()).length > 1);
  const { access_token: token } = await sessionIn(storage);
  await a.client.close();
  await ana.call('logout', { token });
  expect((await known()).length).toBeGreaterThan(1);
  const again = await openChatClient({ url: room.instance.url(), storage });
  again.connect();
  await until('it is taken away', async () => (await known()).length === 0);
  expect(again.getState().me).toBeNull();
  await again.close();

  // What a tab wrote in the moment in which another one signed out goes at the start after that.
  await storage.write([{ key: `user/${ana.id}/known/cursor`, value: 'late' }]);
  await (await openChatClient({ url: room.instance.url(), storage })).close();
  expect(await known()).toEqual([]);
});
