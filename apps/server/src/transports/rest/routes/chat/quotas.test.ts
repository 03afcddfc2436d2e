import { errorBodySchema, type Session } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture } from '@chasqui/testkit';
import * as z from 'zod';
import { startNode, type Node } from '../../../../startNode';

// Daily quotas at a server: only what is stored counts, over any transport.

let fixture: ServerFixture<Node>;
let small: Node;
let off: Node;

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  await fixture.open();
  const quotas = {
    QUOTA_ACCOUNTS_PER_ADDRESS: '2',
    QUOTA_CONVERSATIONS_PER_USER: '3',
    QUOTA_CONTACTS_PER_USER: '4',
    QUOTA_MEGABYTES_PER_USER: '1',
  };
  small = await fixture.open(quotas);
  off = await fixture.open({ ...quotas, RATE_LIMIT: 'off' });
});
afterEach(() => fixture.disconnectAll());
afterAll(() => fixture.close());

const ask = (who: Session, method: string, path: string, body?: object, node = small) =>
  fixture.httpOf(node)(method, path, { token: who.access_token, body });

function refusalOf(reply: Awaited<ReturnType<typeof ask>>) {
  const { error } = errorBodySchema.parse(reply.body);
  return [reply.status, error.name, Number(reply.headers.get('retry-after')) > 0];
}
const REFUSED = [429, 'RateLimitError', true];

let names = 0;
const register = (node: Node, username = `stranger${++names}`) =>
  fixture.httpOf(node)('POST', '/api/auth/register', {
    body: { username, email: `${username}@example.org`, password: 'correct horse' },
  });

test('registrations count for the address; a refused one does not', async () => {
  expect((await register(small, 'taken')).status).toBe(201);
  for (let i = 0; i < 3; i += 1) expect((await register(small, 'taken')).status).toBe(409);
  expect((await register(small)).status).toBe(201);
  expect(refusalOf(await register(small))).toEqual(REFUSED);
  for (let i = 0; i < 4; i += 1) expect((await register(off)).status).toBe(201);
});

test('conversations and contacts count once they are stored, on the node that stores them', async () => {
  const [ana, ...others] = await people(7);
  const idOf = ({ user }: Session): string => user.id;
  const direct = (to: Session | undefined, node?: Node) =>
    ask(ana, 'POST', '/api/conversations/direct', { user_id: to && idOf(to) }, node);
  expect((await direct(others[0])).status).toBe(201);
  // Already open: nothing new is stored.
  for (let i = 0; i < 5; i += 1) expect((await direct(others[0])).status).toBe(200);
  const group = { title: 'Choir', participant_ids: others.slice(0, 2).map(idOf) };
  const made = await ask(ana, 'POST', '/api/conversations/group', group);
  expect(made.status).toBe(201);
  const { id } = z.object({ id: z.string() }).parse(made.body);
  const add = (one: Session | undefined) =>
    ask(ana, 'POST', `/api/conversations/${id}/participants`, { user_id: one && idOf(one) });
  expect((await add(others[3])).status).toBe(201);
  expect(refusalOf(await add(others[4]))).toEqual(REFUSED);
  expect(refusalOf(await direct(others[5]))).toEqual(REFUSED);
  expect((await direct(others[5], off)).status).toBe(201);
});

test('messages count by size, over REST and socket, and repeats are free', async () => {
  const [ana, ben] = await people(2);
  const conversationId = await fixture.direct(ana.access_token, ben.user.id);
  const content = 'x'.repeat(47 * 1_024);
  const say = (clientMessageId: string) =>
    ask(ana, 'POST', '/api/messages', {
      conversation_id: conversationId,
      content_encrypted: content,
      message_type: 'text',
      client_message_id: clientMessageId,
    });
  for (let i = 0; i < 21; i += 1) expect((await say(`said ${i}`)).status).toBe(201);
  for (let i = 0; i < 20; i += 1) expect((await say('said 0')).status).toBe(200);
  const { socket, send } = await connected(ana, conversationId);
  expect(await send('hello')).toMatchObject({ success: true });
  for (let i = 0; i < 15; i += 1) await send(`${i}`);
  expect(await send('one more')).toMatchObject({
    success: false,
    error: { name: 'RateLimitError' },
  });
  expect(socket.connected).toBe(true);
  expect(refusalOf(await say('a new one'))).toEqual(REFUSED);
  const figures = await fixture.httpOf(small)('GET', '/metrics');
  expect(String(figures.body)).toMatch(/chasqui_refused_total\{state="quota_storage"\} [2-9]/);
});

async function people(count: number): Promise<[Session, Session, ...Session[]]> {
  const [one, two, ...more] = await Promise.all(
    Array.from({ length: count }, () => fixture.register()),
  );
  if (one === undefined || two === undefined) throw new Error('two people at least');
  return [one, two, ...more];
}

async function connected(who: Session, conversationId: string) {
  const { socket } = await fixture.connect(who.access_token, { node: small });
  const send = (content: string): Promise<unknown> =>
    socket.emitWithAck('chat:message_send', {
      ...{ conversationId, contentEncrypted: content, messageType: 'text' },
    });
  return { socket, send };
}
