import type { Conversation, Message, Session } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  openPusher,
  openServerFixture,
  type PusherClient,
  type PusherClientOptions,
  quietLog,
  type ServerFixture,
  until,
} from '@chasqui/testkit';
import { WebSocket } from 'ws';
import { startNode, type Node } from '../../startNode';

// Stock pusher-js on real nodes.

let fixture: ServerFixture<Node>;
let one: Node;
let two: Node;
const log = quietLog();
const clients: PusherClient[] = [];

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  one = await fixture.open();
  two = await fixture.open();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => fixture.close());

interface Options extends PusherClientOptions {
  node?: Node;
}

function connect({ access_token: token }: Session, { node = one, ...options }: Options = {}) {
  const client = openPusher(fixture.urlOf(node), { token, ...options });
  clients.push(client);
  return client;
}

async function send({ access_token: token }: Session, conversationId: string, text: string) {
  const body = { conversation_id: conversationId, content_encrypted: text };
  const answer = await fixture.httpOf()('POST', '/api/messages', { token, body });
  expect(answer.status).toBe(201);
  return answer.body as Message;
}

/** Whether the other person of a direct conversation has received up to seq. */
async function isDelivered({ user, access_token: token }: Session, id: string, seq: number) {
  const { body } = await fixture.httpOf()('GET', `/api/conversations/${id}`, { token });
  const { participants } = body as Conversation;
  return participants.some((one) => one.user_id !== user.id && one.delivered_seq >= seq);
}

async function pair(): Promise<{ ana: Session; ben: Session; conversationId: string }> {
  const [ana, ben] = await Promise.all([fixture.register(), fixture.register()]);
  return { ana, ben, conversationId: await fixture.direct(ana.access_token, ben.user.id) };
}

test('[D3] a participant receives the messages of a conversation in the order of seq', async () => {
  const { ana, ben, conversationId } = await pair();
  const client = connect(ben);
  await client.subscribed(`private-conversation-${conversationId}`);
  const sent = [];
  for (const text of ['one', 'two', 'three']) sent.push(await send(ana, conversationId, text));
  await until('all have arrived', () => client.all('new-message').length === 3);
  expect(client.all('new-message')).toMatchObject(sent.map(({ id, seq }) => ({ id, seq })));
});

test('[D4] what was missed arrives after the subscription, and only that', async () => {
  const { ana, ben, conversationId } = await pair();
  const name = `private-conversation-${conversationId}`;
  const params = () => ({ device_id: 'tablet' });
  const first = connect(ben, { params });
  await first.subscribed(name);
  await send(ana, conversationId, 'seen');
  await until('it has arrived', () => first.all('new-message').length === 1);
  await until('it is acknowledged', () => isDelivered(ana, conversationId, 1));
  first.close();
  for (const text of ['missed', 'missed too']) await send(ana, conversationId, text);
  const second = connect(ben, { params });
  await second.subscribed(name);
  await until('both have arrived', () => second.all('new-message').length === 2);
  expect(second.all('new-message')).toMatchObject([{ seq: 2 }, { seq: 3 }]);
});

test('[D9] a channel of other people is refused, like one that does not exist', async () => {
  const { conversationId } = await pair();
  const stranger = await fixture.register();
  const client = connect(stranger);
  const channel = client.subscribe(`private-conversation-${conversationId}`);
  await until('it is refused', () => client.all('pusher:subscription_error').length === 1);
  expect(client.all('pusher:subscription_error')).toMatchObject([
    { type: 'AuthError', status: 403 },
  ]);
  expect(channel.subscribed).toBe(false);
});

test('[D4] `since` delivers what comes after it, whatever the device has acknowledged', async () => {
  const { ana, ben, conversationId } = await pair();
  for (const text of ['one', 'two', 'three']) await send(ana, conversationId, text);
  const client = connect(ben, { params: () => ({ [`since[${conversationId}]`]: 2 }) });
  await client.subscribed(`private-conversation-${conversationId}`);
  await send(ana, conversationId, 'four');
  await until('both have arrived', () => client.all('new-message').length === 2);
  expect(client.all('new-message')).toMatchObject([{ seq: 3 }, { seq: 4 }]);
});

test('[D9] a removed participant receives the removal and nothing after it', async () => {
  const [ana, ben] = await Promise.all([fixture.register(), fixture.register()]);
  const group = await newGroup(ana, [ben]);
  const name = `private-conversation-${group}`;
  const client = connect(ben);
  await client.subscribed(name);
  await send(ana, group, 'seen');
  await until('it has arrived', () => client.all('new-message').length === 2);
  const path = `/api/conversations/${group}/participants/${ben.user.id}`;
  await fixture.httpOf()('DELETE', path, { token: ana.access_token });
  await until('the removal arrives', () => client.all('conversation-removed').length === 1);
  await send(ana, group, 'not seen');
  // A later event of another conversation proves that nothing is on its way.
  const other = await fixture.direct(ana.access_token, ben.user.id);
  await client.subscribed(`private-conversation-${other}`);
  await send(ana, other, 'later');
  await until(
    'it has arrived',
    () => client.all('new-message', `private-conversation-${other}`).length === 1,
  );
  expect(client.all('new-message', name)).toHaveLength(2);
});

async function newGroup({ access_token: token }: Session, others: Session[]): Promise<string> {
  const body = { title: 'Group', participant_ids: others.map(({ user }) => user.id) };
  const answer = await fixture.httpOf()('POST', '/api/conversations/group', { token, body });
  return (answer.body as Conversation).id;
}

test('[D10] a client event named client-typing is shown to the other participants, on any node', async () => {
  const { ana, ben, conversationId } = await pair();
  const name = `presence-conversation-${conversationId}`;
  const [here, there] = [connect(ana), connect(ben, { node: two })];
  const channel = await here.subscribed(name);
  await there.subscribed(name);
  channel.trigger('client-typing', {});
  await until('it is shown', () => there.all('client-typing').length === 1);
  channel.trigger('client-typing', { isTyping: false });
  await until('it ends', () => there.all('client-typing').length === 2);
  expect(there.all('client-typing')).toMatchObject([
    { userId: ana.user.id, isTyping: true },
    { userId: ana.user.id, isTyping: false },
  ]);
  expect(here.all('client-typing')).toEqual([]);
});

test('[D10] members of a presence channel are the participants who are online, over all nodes and transports', async () => {
  const [ana, ben, cleo] = await Promise.all([
    fixture.register(),
    fixture.register(),
    fixture.register(),
  ]);
  const group = await newGroup(ana, [ben, cleo]);
  const name = `presence-conversation-${group}`;
  const socket = await fixture.connect(cleo.access_token, { node: two });
  const first = connect(ana);
  const channel = await first.subscribed(name);
  await until('cleo is shown', () => idsOf(channel).includes(cleo.user.id));
  expect(idsOf(channel).sort()).toEqual([ana.user.id, cleo.user.id].sort());
  const second = connect(ben, { node: two });
  await second.subscribed(name);
  await until('ben is added', () => first.all('pusher:member_added').length === 1);
  expect(first.all('pusher:member_added')).toEqual([
    { id: ben.user.id, info: { username: ben.user.username, display_name: ben.user.display_name } },
  ]);
  socket.close();
  await until('cleo is removed', () => first.all('pusher:member_removed').length === 1);
  const path = `/api/conversations/${group}/participants/${ben.user.id}`;
  await fixture.httpOf()('DELETE', path, { token: ana.access_token });
  await until('ben is removed', () => first.all('pusher:member_removed').length === 2);
  expect(idsOf(channel)).toEqual([ana.user.id]);
});

const idsOf = (channel: object): string[] =>
  Object.keys((channel as { members: { members: object } }).members.members);

test("a user's own channel carries all conversations, those that begin later too", async () => {
  const { ana, ben, conversationId } = await pair();
  await send(ana, conversationId, 'missed');
  const client = connect(ben);
  await client.subscribed(`private-user-${ben.user.id}`);
  await until('it has arrived', () => client.all('new-message').length === 1);
  const group = await newGroup(ana, [ben]);
  await until('the group is shown', () => client.all('conversation-created').length === 1);
  await send(ana, group, 'first');
  await until('all have arrived', () => client.all('new-message').length === 3);
  const stranger = connect(ana);
  stranger.subscribe(`private-user-${ben.user.id}`);
  await until('it is refused', () => stranger.all('pusher:subscription_error').length === 1);
});

test('a sign-in opens the channel of the user and the watchlist of their contacts', async () => {
  const { ana, ben, conversationId } = await pair();
  const client = connect(ben);
  const received: unknown[] = [];
  const watched: unknown[] = [];
  client.pusher.user.bind('new-message', (data: unknown) => received.push(data));
  client.pusher.user.watchlist.bind_global((_name: string, data: unknown) => watched.push(data));
  client.pusher.signin();
  await until('the watchlist is sent', () => watched.length === 1);
  expect(watched).toEqual([{ name: 'offline', user_ids: [ana.user.id] }]);
  await fixture.connect(ana.access_token, { node: two });
  await until('ana is online', () => watched.length === 2);
  expect(watched[1]).toEqual({ name: 'online', user_ids: [ana.user.id] });
  await send(ana, conversationId, 'hello');
  await until('it has arrived', () => received.length === 1);
});

test('[D9] a logout closes the connection for good, on another node too', async () => {
  const { ben, conversationId } = await pair();
  const client = connect(ben, { node: two });
  await client.subscribed(`private-conversation-${conversationId}`);
  await fixture.httpOf(one)('POST', '/api/auth/logout', { token: ben.access_token });
  await until('it is closed', () => client.pusher.connection.state === 'disconnected');
  expect(client.errors[0]).toMatchObject({ data: { code: 4009 } });
});

test('an expired token closes the connection with 4200, and the client authorizes its channels again', async () => {
  const brief = await fixture.open({ ACCESS_TOKEN_TTL_S: '2' });
  const { ana, ben, conversationId } = await pair();
  let session = await fixture.login(ben, brief);
  const client = openPusher(fixture.urlOf(brief), {
    token: () => session.access_token,
    params: () => ({ device_id: 'phone' }),
  });
  clients.push(client);
  client.subscribe(`private-conversation-${conversationId}`);
  const refresh = setInterval(() => {
    void fixture.login(ben, brief).then((fresh) => (session = fresh));
  }, 500);
  try {
    await until('it has expired', () => client.errors.length > 0);
    await until('it is back', () => client.all('pusher:subscription_succeeded').length > 1);
    await send(ana, conversationId, 'hello');
    await until('it has arrived', () => client.all('new-message').length > 0);
  } finally {
    clearInterval(refresh);
  }
  expect(client.errors[0]).toMatchObject({ data: { code: 4200 } });
});

test.each([
  ['an unknown key', '/app/other?protocol=7', 4001],
  ['no key', '/app/?protocol=7', 4005],
  ['a longer path', '/app/chasqui/more?protocol=7', 4005],
  ['a malformed version', '/app/chasqui?protocol=seven', 4006],
  ['an old protocol', '/app/chasqui?protocol=3', 4007],
  ['no protocol', '/app/chasqui', 4008],
])('%s is answered with a close code and no error before it', async (_what, path, code) => {
  const socket = new WebSocket(fixture.urlOf(one).replace('http', 'ws') + path);
  const received: unknown[] = [];
  socket.on('message', (data: Buffer) => received.push(data.toString()));
  const closedWith = await new Promise((resolve) => socket.once('close', resolve));
  expect([closedWith, received]).toEqual([code, []]);
});

test('a page of a foreign origin may not connect', async () => {
  const url = `${fixture.urlOf(one).replace('http', 'ws')}/app/chasqui?protocol=7`;
  const socket = new WebSocket(url, { origin: 'https://evil.example.org' });
  expect(await new Promise((resolve) => socket.once('close', resolve))).toBe(4009);
});

test('no test in this file logged an error', () => {
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
