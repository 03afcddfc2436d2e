import { connectDatabase, type Database } from '@chasqui/db';
import {
  conversationSchema,
  deadLetterSchema,
  type Session,
  sessionSchema,
} from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  createHttpClient,
  freshDatabase,
  type FreshDatabase,
  type HttpClient,
  openSocket,
  quietLog,
  until,
} from '@chasqui/testkit';
import * as z from 'zod';
import { startNode, type Node } from '../../../../startNode';

let database: FreshDatabase;
let db: Database;
let node: Node;
let http: HttpClient;
let root: Session;
let ana: Session;

beforeAll(async () => {
  database = await freshDatabase();
  db = connectDatabase({ url: database.url, poolMax: 2 });
  node = await start();
  [root, ana] = await Promise.all([register('root'), register('ana')]);
  await node.stop();
  node = await start({ ADMIN_USERNAMES: 'Root' });
});
afterEach(() => db.query('', 'DELETE FROM deliveries', []));
afterAll(async () => {
  await node.stop();
  await db.close();
  await database.drop();
});

async function start(more: Record<string, string> = {}): Promise<Node> {
  const started = await startNode({
    settings: parseServerSettings({
      PORT: '0',
      DATABASE_URL: database.url,
      REDIS_URL: process.env.TEST_REDIS_URL,
      JWT_SECRET: 'a secret of at least thirty-two characters',
      RATE_LIMIT: 'off',
      ...more,
    }),
    log: quietLog(),
    redisPrefix: new URL(database.url).pathname,
  });
  http = createHttpClient(`http://127.0.0.1:${started.port}`);
  return started;
}

async function register(username: string): Promise<Session> {
  const { body } = await http('POST', '/api/auth/register', {
    body: { username, email: `${username}@example.org`, password: 'correct horse' },
  });
  return sessionSchema.parse(body);
}

const as = ({ access_token }: Session, body?: object) => ({ token: access_token, body });
const listSchema = z.object({
  deliveries: z.array(deadLetterSchema),
  next_cursor: z.string().nullable(),
});
const list = async (query = '') =>
  listSchema.parse((await http('GET', `/api/admin/deliveries/dead${query}`, as(root))).body);
const deliveriesOf = ({ user }: Session) =>
  db.query('', 'SELECT dead_at FROM deliveries WHERE user_id = $1', [user.id]);

let people = 0;
/** An offline user with five pending messages from ana and a dead delivery. */
async function deadRecipient() {
  const ben = await register(`ben${++people}`);
  const body = { user_id: ben.user.id };
  const made = await http('POST', '/api/conversations/direct', as(ana, body));
  const { id } = conversationSchema.parse(made.body);
  const send = (content_encrypted: string) =>
    http('POST', '/api/messages', as(ana, { conversation_id: id, content_encrypted }));
  for (let i = 1; i <= 5; i += 1) await send(`waits ${i}`);
  await db.query(
    '',
    `UPDATE deliveries SET dead_at = clock_timestamp(), attempts = 12, errors = 10,
       last_error = 'spoilt' WHERE user_id = $1`,
    [ben.user.id],
  );
  return { ben, send, path: `/api/admin/deliveries/${ben.user.id}` };
}

test('[D9] to everybody but administrators, nothing of it exists', async () => {
  const { ben, path } = await deadRecipient();
  const nothing = await http('GET', '/api/nothing', as(ana));
  for (const [method, asked] of [
    ['GET', '/api/admin/deliveries/dead'],
    ['GET', '/api/admin/deliveries/dead?limit=0'],
    ['POST', `${path}/retry`],
    ['DELETE', path],
    ['DELETE', '/api/admin/deliveries/no-id'],
  ] as const) {
    for (const caller of [ana, ben]) {
      expect(await http(method, asked, as(caller))).toMatchObject({ ...nothing, headers: {} });
    }
    expect(await http(method, asked)).toMatchObject({ status: 401 });
  }
  expect(await deliveriesOf(ben)).toEqual([[expect.any(Date)]]);
});

test('administrators see dead deliveries, their cause and time, page by page', async () => {
  const dead = [await deadRecipient(), await deadRecipient(), await deadRecipient()];
  const { deliveries, next_cursor } = await list('?limit=2');
  expect(deliveries[0]).toMatchObject({
    user: { id: dead[2]?.ben.user.id, username: dead[2]?.ben.user.username },
    ...{ reason: 'spoilt', attempts: 12, errors: 10 },
  });
  const rest = await list(`?limit=2&cursor=${next_cursor}`);
  expect([...deliveries, ...rest.deliveries].map(({ user }) => user.id)).toEqual(
    dead.map(({ ben }) => ben.user.id).reverse(),
  );
  expect(rest.next_cursor).toBeNull();
  const foreign = await http('GET', '/api/admin/deliveries/dead?cursor=abc', as(root));
  expect(foreign.status).toBe(400);
});

test('[D5] retry wakes the user again at once; a second retry finds nothing dead', async () => {
  const { ben, path } = await deadRecipient();
  expect(await http('POST', `${path}/retry`, as(root))).toMatchObject({ status: 204 });
  expect(await list()).toEqual({ deliveries: [], next_cursor: null });
  expect(await deliveriesOf(ben)).toEqual([[null]]);
  expect(await http('POST', `${path}/retry`, as(root))).toMatchObject({ status: 404 });
});

test('[D4] purge loses nothing: a device that connects gets everything in order', async () => {
  const { ben, path, send } = await deadRecipient();
  expect(await http('DELETE', path, as(root))).toMatchObject({ status: 204 });
  expect(await deliveriesOf(ben)).toEqual([]);
  expect(await http('DELETE', path, as(root))).toMatchObject({ status: 404 });

  await send('after the purge');
  expect(await deliveriesOf(ben)).toEqual([[null]]);

  const device = await openSocket(`http://127.0.0.1:${node.port}`, {
    auth: { token: ben.access_token },
  });
  const logged = () =>
    device
      .all('chat:message_received')
      .map((data) => Reflect.get(Object(data), 'content_encrypted') as unknown);
  await until('the backlog is drained', () => device.all('chat:queue_empty').length > 0);
  expect(logged()).toEqual([...[1, 2, 3, 4, 5].map((i) => `waits ${i}`), 'after the purge']);
  device.close();
});
