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

// Servers of the previous release keep working during a migration, next to servers of this release, and after a
// rollback: neither upgrade nor rollback needs downtime. Migrations expand first and contract one release later.

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

/** Runs `work` while people chat, until every pair has exchanged messages again; expects no failures. */
async function chattingMeanwhile(
  [home, ...nodes]: readonly [home: number, one: number, other: number],
  work: () => Promise<void>,
): Promise<void> {
  const people = createPeople(instance, { home, olderServer: true });
  const chatters: Chatters = await startChatters(people, PAIRS, nodes);
  const more = async (): Promise<void> => {
    const before = chatters.arrivals.length;
    await until('the chats continue', () => chatters.arrivals.length >= before + 4 * PAIRS);
  };
  await more();
  await work();
  await more();
  expect(await chatters.stop()).toEqual([]);
  expect(chatters.violations()).toEqual([]);
}

/** Calls every kind of endpoint on one node; returns the names and status codes of failures. */
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
  // Endpoints of both releases; new ones have their own tests.
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
  // Tokens and sessions of one release are valid in the other.
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
  // A repeat is recognized regardless of the release that stored the message (D2).
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

/** An offline user receives a message through one node, is woken by any worker, and reads through the other node. */
async function wakeRecipient(by: number, at: number): Promise<void> {
  const people = createPeople(instance, { home: by, olderServer: true });
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  await ana.send(id, 'are you there?');
  await until('a wake-up was attempted', async () => {
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

test('a migration does not disturb servers of the previous release', async () => {
  await chattingMeanwhile([0, ...OLD], () => migrateBy(database.url));
  expect(await useEverything(0, 1)).toEqual([]);
  await wakeRecipient(0, 1);
});

test('servers and workers of both releases serve the same people in either order', async () => {
  const mixed = async (): Promise<void> => {
    expect(await useEverything(0, 2)).toEqual([]);
    expect(await useEverything(2, 0)).toEqual([]);
    await wakeRecipient(2, 0);
    await wakeRecipient(0, 2);
  };
  await chattingMeanwhile([0, ...OLD], async () => {
    await instance.addNode({}, thisRelease);
    await instance.addNode({}, thisRelease);
    await instance.addWorker({}, thisRelease);
  });
  await chattingMeanwhile([0, OLD[0], NEW[0]], mixed);
  await chattingMeanwhile([2, NEW[1], OLD[1]], () => Promise.resolve());
});

test('upgrade: this release continues after the previous one is stopped', async () => {
  await chattingMeanwhile([2, ...NEW], async () => {
    await instance.worker().program.stop();
    for (const index of OLD) await instance.nodes[index]?.program.stop();
  });
  expect(await useEverything(2, 3)).toEqual([]);
  await wakeRecipient(2, 3);
});

test('rollback: the previous release continues with the new schema after this one is stopped', async () => {
  await Promise.all([
    instance.worker().restart(),
    ...OLD.map((at) => instance.nodes[at]?.restart()),
  ]);
  await chattingMeanwhile([0, ...OLD], async () => {
    for (const index of NEW) await instance.nodes[index]?.program.stop();
  });
  expect(await useEverything(1, 0)).toEqual([]);
});
