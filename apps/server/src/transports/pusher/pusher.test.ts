import type { Message, Session } from '@chasqui/protocol';
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
import { startNode, type Node } from '../../startNode';

// Stock pusher-js on real nodes.

let fixture: ServerFixture<Node>;
let one: Node;
const log = quietLog();
const clients: PusherClient[] = [];

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  one = await fixture.open();
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});
afterAll(() => fixture.close());

function connect({ access_token: token }: Session, options: PusherClientOptions = {}) {
  const client = openPusher(fixture.urlOf(one), { token, ...options });
  clients.push(client);
  return client;
}

async function send({ access_token: token }: Session, conversationId: string, text: string) {
  const body = { conversation_id: conversationId, content_encrypted: text };
  const answer = await fixture.httpOf()('POST', '/api/messages', { token, body });
  expect(answer.status).toBe(201);
  return answer.body as Message;
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
  await until('it is acknowledged', () => statusOf(ana, conversationId, 1, 'delivered'));
  first.close();
  for (const text of ['missed', 'missed too']) await send(ana, conversationId, text);
  const second = connect(ben, { params });
  await second.subscribed(name);
  await until('both have arrived', () => second.all('new-message').length === 2);
  expect(second.all('new-message')).toMatchObject([{ seq: 2 }, { seq: 3 }]);
});

async function statusOf(author: Session, conversationId: string, seq: number, status: string) {
  const path = `/api/conversations/${conversationId}`;
  const { body } = await fixture.httpOf()('GET', path, { token: author.access_token });
  const { participants } = body as { participants: { user_id: string; delivered_seq: number }[] };
  const other = participants.find((participant) => participant.user_id !== author.user.id);
  return status === 'delivered' && (other?.delivered_seq ?? 0) >= seq;
}

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
