import { conversationSchema } from '@pern/protocol/conversation';
import { messageSchema } from '@pern/protocol/message';
import { sessionSchema, type Session } from '@pern/protocol/rest/auth';
import { endpoints, type EndpointName } from '@pern/protocol/rest/endpoints';
import type { CommandName } from '@pern/protocol/socket';
import { freshDatabase, type FreshDatabase } from '@pern/testing/freshDatabase';
import { createHttpClient, type HttpClient } from '@pern/testing/httpClient';
import { quietLog } from '@pern/testing/quietLog';
import { openSocket } from '@pern/testing/socketClient';
import { parseSettings } from './settings';
import { startNode, type Node } from './startNode';

/** Who asks, as seen from the group that is asked about. */
const relations = ['stranger', 'removed', 'member', 'moderator', 'admin'] as const;
type Relation = (typeof relations)[number];

/** What each of them is answered, in the order of `relations`; one number: all the same. */
type Expected = number | readonly [number, number, number, number, number];

const participants = (status: number): Expected => [404, 404, status, status, status];

interface Row {
  expected: Expected;
  path?: (room: Room) => string;
  body?: (room: Room) => object;
}

const ofGroup = ({ groupId }: Room, rest = ''): string => `/api/conversations/${groupId}${rest}`;
const ofMessage = ({ messageId }: Room, rest = ''): string => `/api/messages/${messageId}${rest}`;
const ofDelivery = ({ target }: Room, rest = ''): string =>
  `/api/admin/deliveries/${target.user.id}${rest}`;

/** A row for every endpoint: one without does not compile (FAULTS, attackers 1). */
const table: Record<EndpointName, Row> = {
  register: { expected: 400, body: () => ({}) },
  login: { expected: 400, body: () => ({}) },
  refresh: { expected: 400, body: () => ({}) },
  logout: { expected: 204 },
  readMe: { expected: 200 },
  findUsers: { expected: 200 },
  readUser: { expected: 200, path: ({ target }) => `/api/users/${target.user.id}` },
  createDirect: { expected: 201, body: ({ guest }) => ({ user_id: guest.user.id }) },
  createGroup: {
    expected: 201,
    body: ({ guest }) => ({ title: 'Another', participant_ids: [guest.user.id] }),
  },
  listConversations: { expected: 200 },
  readConversation: { expected: participants(200), path: (room) => ofGroup(room) },
  renameConversation: {
    expected: [404, 404, 403, 200, 200],
    path: (room) => ofGroup(room),
    body: () => ({ title: 'Renamed' }),
  },
  listParticipants: { expected: participants(200), path: (room) => ofGroup(room, '/participants') },
  addParticipant: {
    expected: [404, 404, 403, 201, 201],
    path: (room) => ofGroup(room, '/participants'),
    body: ({ guest }) => ({ user_id: guest.user.id }),
  },
  changeRole: {
    expected: [404, 404, 403, 403, 200],
    path: (room) => ofGroup(room, `/participants/${room.target.user.id}`),
    body: () => ({ role: 'moderator' }),
  },
  removeParticipant: {
    expected: [404, 404, 403, 204, 204],
    path: (room) => ofGroup(room, `/participants/${room.target.user.id}`),
  },
  sendMessage: {
    expected: participants(201),
    body: ({ groupId }) => ({ conversation_id: groupId, content_encrypted: 'hello' }),
  },
  readHistory: { expected: participants(200), path: ({ groupId }) => `/api/messages/${groupId}` },
  editMessage: {
    expected: participants(403),
    path: (room) => ofMessage(room),
    body: () => ({ content_encrypted: 'changed' }),
  },
  deleteMessage: { expected: [404, 404, 403, 204, 204], path: (room) => ofMessage(room) },
  reportStatus: {
    expected: participants(200),
    path: (room) => ofMessage(room, '/status'),
    body: () => ({ status: 'read' }),
  },
  readStatus: { expected: participants(200), path: (room) => ofMessage(room, '/status') },
  addReaction: {
    expected: participants(201),
    path: (room) => ofMessage(room, '/reactions'),
    body: () => ({ emoji: '👍' }),
  },
  removeReaction: {
    expected: participants(204),
    path: (room) => ofMessage(room, `/reactions/${encodeURIComponent('👍')}`),
  },
  readSync: { expected: 200 },
  // Admin of a group is not administrator of the instance; see http/admin.test.ts.
  listDeadLetters: { expected: 404 },
  retryDeadLetter: { expected: 404, path: (room) => ofDelivery(room, '/retry') },
  purgeDeadLetter: { expected: 404, path: (room) => ofDelivery(room) },
  readHealth: { expected: 200 },
  readReadiness: { expected: 200 },
};

const participantsOnly = 'participants';
const everybody = 'everybody';

/** A row for every command. */
const commandTable: Record<CommandName, { for: string; data: (room: Room) => object }> = {
  'chat:message_send': {
    for: participantsOnly,
    data: ({ groupId }) => ({ conversationId: groupId, contentEncrypted: 'hello' }),
  },
  'chat:message_delivered': { for: participantsOnly, data: ({ messageId }) => ({ messageId }) },
  'chat:message_read': {
    for: participantsOnly,
    data: ({ groupId, seq }) => ({ conversationId: groupId, seq }),
  },
  'chat:typing': {
    for: participantsOnly,
    data: ({ groupId }) => ({ conversationId: groupId, isTyping: true }),
  },
  'chat:sync': { for: everybody, data: () => ({}) },
  'presence:online': { for: everybody, data: () => ({}) },
  'presence:offline': { for: everybody, data: () => ({}) },
  'auth:refresh': { for: everybody, data: ({ caller }) => ({ token: caller.access_token }) },
};

/** A group as each test finds it: with a message of its owner, and somebody to act upon. */
interface Room {
  groupId: string;
  messageId: string;
  seq: number;
  caller: Session;
  target: Session;
  /** Not in the group. */
  guest: Session;
}

let database: FreshDatabase;
let node: Node;
let http: HttpClient;
let owner: Session;
let target: Session;
const log = quietLog();

beforeAll(async () => {
  database = await freshDatabase();
  node = await startNode({
    settings: parseSettings({
      PORT: '0',
      DATABASE_URL: database.url,
      REDIS_URL: process.env.TEST_REDIS_URL,
      JWT_SECRET: 'a secret of at least thirty-two characters',
      RATE_LIMIT: 'off',
    }),
    log,
    redisPrefix: new URL(database.url).pathname,
  });
  http = createHttpClient(`http://127.0.0.1:${node.port}`);
  [owner, target] = await Promise.all([register(), register()]);
});
afterAll(async () => {
  await node.stop();
  await database.drop();
});

let people = 0;
async function register(): Promise<Session> {
  const username = `person${++people}`;
  const { body } = await http('POST', '/api/auth/register', {
    body: { username, email: `${username}@example.org`, password: 'correct horse' },
  });
  return sessionSchema.parse(body);
}

async function roomFor(relation: Relation): Promise<Room> {
  const [caller, guest] = await Promise.all([register(), register()]);
  const token = owner.access_token;
  const inside = relation === 'stranger' ? [target] : [target, caller];
  const group = await http('POST', '/api/conversations/group', {
    token,
    body: { title: 'Room', participant_ids: inside.map(({ user }) => user.id) },
  });
  const { id: groupId } = conversationSchema.parse(group.body);
  const sent = await http('POST', '/api/messages', {
    token,
    body: { conversation_id: groupId, content_encrypted: 'secret' },
  });
  const { id: messageId, seq } = messageSchema.parse(sent.body);
  const member = `/api/conversations/${groupId}/participants/${caller.user.id}`;
  if (relation === 'removed') await http('DELETE', member, { token });
  if (relation === 'moderator' || relation === 'admin') {
    await http('PATCH', member, { token, body: { role: relation } });
  }
  return { groupId, messageId, seq, caller, target, guest };
}

const cases = Object.keys(endpoints).flatMap((name) =>
  relations.map((relation) => [relation, name] as const),
);

test.each(cases)('[D9] %s: %s', async (relation, name) => {
  const [, row] = Object.entries(table).find(([known]) => known === name) ?? [];
  const [, endpoint] = Object.entries(endpoints).find(([known]) => known === name) ?? [];
  if (!row || !endpoint) throw new Error('no row');
  const room = await roomFor(relation);
  const { status, body } = await http(endpoint.method, row.path?.(room) ?? endpoint.path, {
    token: room.caller.access_token,
    ...(row.body ? { body: row.body(room) } : {}),
  });
  const { expected } = row;
  expect(status).toBe(
    typeof expected === 'number' ? expected : expected[relations.indexOf(relation)],
  );
  if (relation === 'stranger' || relation === 'removed') {
    expect(JSON.stringify(body)).not.toContain('secret');
  }
});

test.each(relations)('[D9] %s: every command', async (relation) => {
  const room = await roomFor(relation);
  const client = await openSocket(`http://127.0.0.1:${node.port}`, {
    auth: { token: room.caller.access_token },
  });
  const outside = relation === 'stranger' || relation === 'removed';
  for (const [command, { for: whom, data }] of Object.entries(commandTable)) {
    const answer = await client.ask(command, data(room));
    expect([command, answer]).toMatchObject([
      command,
      outside && whom === participantsOnly
        ? { success: false, error: { name: 'NotFoundError' } }
        : { success: true },
    ]);
  }
  if (outside) expect(JSON.stringify(client.events)).not.toContain('secret');
  client.close();
});

test('what does not exist is answered like what is not theirs to see', async () => {
  const room = await roomFor('stranger');
  const token = room.caller.access_token;
  const nobody = '0189d8a4-1111-7000-8000-000000000001';
  const answers = await Promise.all(
    [room.groupId, nobody].map((id) => http('GET', `/api/conversations/${id}`, { token })),
  );
  expect(answers[0]?.body).toEqual(answers[1]?.body);
});

test('nothing of all this was a bug', () => {
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
