import type { EndpointName } from '@chasqui/protocol';
import {
  createHttpClient,
  createPeople,
  emptyDatabase,
  type FreshDatabase,
  type Instance,
  openInstance,
  type Person,
  thisRelease,
  until,
} from '@chasqui/testkit';
import { type Chatters, startChatters } from '../flood/chatters';
import { migrateBy, previousRelease } from './previousRelease';

// Servers of the previous release go on while the schema moves on, beside servers of this one, and after these are
// gone again: an upgrade needs no pause, and neither does going back. Migrations expand first and contract a release
// later.

const OLD = [0, 1] as const;
const NEW = [2, 3] as const;
const PAIRS = 3;

let database: FreshDatabase;
let instance: Instance;
let release: string;
beforeAll(async () => {
  [release, database] = await Promise.all([previousRelease(), emptyDatabase()]);
  await migrateBy(database.url, release);
  instance = await openInstance({ release, nodes: 2, databaseUrl: database.url });
}, 600_000);
afterAll(async () => {
  await instance?.close();
  await database?.drop();
});

/** Chats while `work` goes on, and until everybody has been written to since; expects that nobody notices. */
async function chattingMeanwhile(
  [home, ...nodes]: readonly [home: number, one: number, other: number],
  work: () => Promise<void>,
): Promise<void> {
  const people = createPeople(instance, { home, olderServer: true });
  const chatters: Chatters = await startChatters(people, PAIRS, nodes);
  const more = async (): Promise<void> => {
    const before = chatters.arrivals.length;
    await until('they chat on', () => chatters.arrivals.length >= before + 4 * PAIRS);
  };
  await more();
  await work();
  await more();
  expect(await chatters.stop()).toEqual([]);
  expect(chatters.violations()).toEqual([]);
}

/** Uses every kind of command by one node; the names and status codes of those that fail. */
async function useEverything(home: number, other: number): Promise<string[]> {
  const people = createPeople(instance, { home, olderServer: true });
  const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
  const failures: string[] = [];
  const http = createHttpClient(instance.url(home));
  const use = async (by: Person, name: EndpointName, ask: object = {}): Promise<void> => {
    await by.call(name, ask).catch((error: unknown) => failures.push(`${name}: ${String(error)}`));
  };
  const group = await people.group(ana, ben);
  const direct = await people.direct(ana, cleo);
  const params = { id: group.id };
  const first = await ana.send(group.id, 'first', { client_message_id: 'first' });
  await ana.send(direct.id, 'to cleo');
  const messageId = first.id;
  const emoji = '👍';
  // Both releases have these; what is new has tests of its own.
  await use(ben, 'addReaction', { params: { messageId }, body: { emoji } });
  await use(ben, 'removeReaction', { params: { messageId, emoji } });
  await use(ana, 'editMessage', { params: { messageId }, body: { content_encrypted: 'edited' } });
  await use(ben, 'reportStatus', { params: { messageId }, body: { status: 'read' } });
  await use(ana, 'readStatus', { params: { messageId } });
  await use(ana, 'renameConversation', { params, body: { title: 'Renamed' } });
  await use(ana, 'renameConversation', { params, body: { retention_s: 3_600 } });
  await use(ana, 'addParticipant', { params, body: { user_id: cleo.id } });
  await use(ana, 'changeRole', {
    params: { ...params, userId: cleo.id },
    body: { role: 'moderator' },
  });
  await use(ana, 'removeParticipant', { params: { ...params, userId: cleo.id } });
  await use(ana, 'listParticipants', { params });
  await use(ana, 'listConversations');
  await use(ben, 'readConversation', { params });
  await use(ben, 'readHistory', { params: { conversationId: group.id } });
  await use(ben, 'readSync');
  await use(ben, 'findUsers', { query: { query: ana.username } });
  await use(ben, 'readUser', { params: { id: ana.id } });
  await use(ana, 'blockUser', { params: { id: cleo.id } });
  await use(ana, 'listBlocks');
  await use(ana, 'unblockUser', { params: { id: cleo.id } });
  await use(ana, 'listSessions');
  await use(ana, 'exportMe');
  await use(ana, 'deleteMessage', { params: { messageId } });
  // A token and a session of one release are as good at the other.
  const there = createHttpClient(instance.url(other));
  const me = await there('GET', '/api/users/me', { token: ana.token });
  const refreshed = await there('POST', '/api/auth/refresh', {
    body: { refresh_token: ana.refreshToken },
  });
  const login = await there('POST', '/api/auth/login', {
    body: { username: ben.username, password: ben.password },
  });
  for (const { status } of [me, refreshed, login])
    if (status !== 200) failures.push(`session: ${status}`);
  // A repeat is a repeat, whichever release stored it (D2).
  const again = await there('POST', '/api/messages', {
    token: ben.token,
    body: { conversation_id: group.id, content_encrypted: 'by ben', client_message_id: 'b' },
  });
  const repeated = await http('POST', '/api/messages', {
    token: ben.token,
    body: { conversation_id: group.id, content_encrypted: 'by ben', client_message_id: 'b' },
  });
  if (again.status !== 201 || repeated.status !== 200) failures.push('a repeat is no repeat');
  await use(cleo, 'deleteMe', { body: { password: cleo.password } });
  return failures;
}

/** Somebody offline is written to by way of one node, woken by whichever worker there is, and reads by the other. */
async function wakeSomebody(by: number, at: number): Promise<void> {
  const people = createPeople(instance, { home: by, olderServer: true });
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await ana.send(id, 'are you there?');
  await until('there was an attempt to wake them', async () => {
    const rows = await instance.sql('SELECT FROM deliveries WHERE user_id = $1 AND attempts > 0', [
      ben.id,
    ]);
    return rows.length > 0;
  });
  const device = ben.on(at).device();
  await device.connect();
  expect(await device.drained()).toBe(1);
  device.retire();
}

test('the schema moves on while servers of the previous release serve, and none of them notices', async () => {
  await chattingMeanwhile([0, ...OLD], () => migrateBy(database.url));
  expect(await useEverything(0, 1)).toEqual([]);
  await wakeSomebody(0, 1);
});

test('servers and workers of both releases serve the same people, whichever came first', async () => {
  const mixed = async (): Promise<void> => {
    expect(await useEverything(0, 2)).toEqual([]);
    expect(await useEverything(2, 0)).toEqual([]);
    await wakeSomebody(2, 0);
    await wakeSomebody(0, 2);
  };
  await chattingMeanwhile([0, ...OLD], async () => {
    await instance.addNode({}, thisRelease);
    await instance.addNode({}, thisRelease);
    await instance.addWorker({}, thisRelease);
  });
  await chattingMeanwhile([0, OLD[0], NEW[0]], mixed);
  await chattingMeanwhile([2, NEW[1], OLD[1]], () => Promise.resolve());
});

test('the way forward: the previous release is stopped, and this one goes on', async () => {
  await chattingMeanwhile([2, ...NEW], async () => {
    await instance.worker().program.stop();
    for (const index of OLD) await instance.nodes[index]?.program.stop();
  });
  expect(await useEverything(2, 3)).toEqual([]);
  await wakeSomebody(2, 3);
});

test('the way back: this release is stopped, and the previous one goes on with the new schema', async () => {
  await Promise.all([
    instance.worker().restart(),
    ...OLD.map((at) => instance.nodes[at]?.restart()),
  ]);
  await chattingMeanwhile([0, ...OLD], async () => {
    for (const index of NEW) await instance.nodes[index]?.program.stop();
  });
  expect(await useEverything(1, 0)).toEqual([]);
});
