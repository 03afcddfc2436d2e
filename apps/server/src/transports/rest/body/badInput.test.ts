import { request as httpRequest } from 'node:http';
import { connectDatabase } from '@chasqui/db';
import { type Endpoint, endpoints } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import { type HttpClient, openServerFixture, quietLog, type ServerFixture } from '@chasqui/testkit';
import { startNode, type Node } from '../../../startNode';

let fixture: ServerFixture<Node>;
let node: Node;
let http: HttpClient;
let token: string;
const log = quietLog();

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  node = await fixture.open({ RATE_LIMIT: 'off' });
  http = fixture.httpOf();
  const session = await fixture.register();
  token = session.access_token;
  const db = connectDatabase({ url: fixture.database.url, poolMax: 1 });
  await db.query('', `INSERT INTO instance_roles (user_id, role) VALUES ($1, 'owner')`, [
    session.user.id,
  ]);
  await db.close();
});

afterAll(() => fixture.close());

const rows = Object.entries<Endpoint>(endpoints);
const closed = rows.filter(([, endpoint]) => endpoint.open !== true);
const withBody = rows.filter(([, endpoint]) => endpoint.body !== undefined);
const someId = '0189d8a4-1111-7000-8000-000000000001';

/** The path with an unknown id in every place, or with `value`. */
function pathOf({ path }: Endpoint, value = someId): string {
  return path.replace(/:emoji/g, '%F0%9F%91%8D').replace(/:\w+/g, value);
}

const name = (body: unknown): unknown => {
  if (typeof body !== 'object' || body === null || !('error' in body)) return body;
  const { error } = body;
  return typeof error === 'object' && error !== null && 'name' in error ? error.name : error;
};

test.each(closed)('%s needs a token', async (_name, endpoint) => {
  const reply = await http(endpoint.method, pathOf(endpoint), {
    ...(endpoint.body === undefined ? {} : { body: {} }),
  });
  expect(reply.status).toBe(401);
  expect(name(reply.body)).toBe('UnauthorizedError');
});

const odd: [what: string, raw: string | Buffer, status: number][] = [
  ['malformed JSON', '{bad', 400],
  ['a bare string', '"text"', 400],
  ['null', 'null', 400],
  ['an array', '[]', 400],
  ['nothing', '', 400],
  ['20,000 levels', '['.repeat(20_000) + ']'.repeat(20_000), 400],
  ['odd keys', '{"__proto__": {"admin": true}, "constructor": {"prototype": {}}}', 400],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 400],
  ['131,073 bytes', JSON.stringify('x'.repeat(131_071)), 413],
];

describe.each(withBody)('%s', (_name, endpoint) => {
  // Odd keys are dropped; if no field is required, the rest is a valid request.
  const needsNothing = endpoint.body?.safeParse({}).success === true;
  const refused = odd.filter(([what]) => what !== 'odd keys' || !needsNothing);

  test.each(refused)('refuses %s', async (_what, raw, status) => {
    const reply = await http(endpoint.method, pathOf(endpoint), {
      token,
      raw,
      headers: { 'content-type': 'application/json' },
    });
    expect(name(reply.body)).toBe('ValidationError');
    expect(reply.status).toBe(status);
  });

  test('refuses other content types than JSON in UTF-8', async () => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'application/json; charset=latin1',
    ]) {
      const reply = await http(endpoint.method, pathOf(endpoint), {
        token,
        raw: '{}',
        headers: { 'content-type': type },
      });
      expect([type, reply.status]).toEqual([type, 415]);
    }
  });
});

const withId = closed.filter(([, { path }]) => /:(id|\w+Id)\b/.test(path));

test.each(withId)('%s refuses malformed ids', async (_name, endpoint) => {
  for (const id of ['1', 'null', '%00', `${someId}x`, 'undefined', "'--"]) {
    const reply = await http(endpoint.method, pathOf(endpoint, id), {
      token,
      ...(endpoint.body === undefined ? {} : { body: {} }),
    });
    expect([id, name(reply.body)]).toEqual([id, 'ValidationError']);
  }
});

// Every other endpoint with a query returns pages.
const unpaged = new Set(['readMercureToken']);
const paged = closed.filter(
  ([name, { method, query }]) => method === 'GET' && query !== undefined && !unpaged.has(name),
);

test.each(paged)(
  '%s refuses limits beyond 1 to 100, repeated or in brackets',
  async (_name, endpoint) => {
    for (const query of [
      'limit=0',
      'limit=-1',
      'limit=101',
      'limit=1e9',
      'limit=NaN',
      'limit=',
      'limit=1&limit=2',
      'id[$ne]=',
      'limit[]=1',
    ]) {
      const reply = await http('GET', `${pathOf(endpoint)}?${query}`, { token });
      expect([query, reply.status, name(reply.body)]).toEqual([query, 400, 'ValidationError']);
    }
  },
);

test('an unknown path is NotFoundError, a malformed one ValidationError', async () => {
  expect(name((await http('GET', '/api/nothing', { token })).body)).toBe('NotFoundError');
  expect(name((await http('PUT', '/api/users/me', { token })).body)).toBe('NotFoundError');
  expect(name((await http('GET', '/api/users/%E0%A4%A', { token })).body)).toBe('ValidationError');
});

test('an endless body is refused before its end', async () => {
  const status = await new Promise<number | undefined>((resolve, reject) => {
    const request = httpRequest(
      {
        port: node.port,
        method: 'POST',
        path: '/api/auth/login',
        headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' },
      },
      (response) => {
        clearInterval(timer);
        resolve(response.statusCode);
        request.destroy();
      },
    );
    request.on('error', reject);
    const timer = setInterval(() => request.write('x'.repeat(16_384)), 5);
  });
  expect(status).toBe(413);
});

test('bad input logs no error', () => {
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
