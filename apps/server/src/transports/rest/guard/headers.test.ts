import { type Endpoint, endpoints } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  type HttpClient,
  openServerFixture,
  quietLog,
  type Reply,
  type ServerFixture,
} from '@chasqui/testkit';
import { startNode, type Node } from '../../../startNode';

// Security headers, graded like the public web observatories do: every endpoint and page must get
// full marks. And headers that must never be sent.

const listed = 'https://app.example';
let fixture: ServerFixture<Node>;
let http: HttpClient;
let token: string;

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  await fixture.open({ CORS_ORIGINS: listed, TRUST_PROXY: '127.0.0.1' });
  http = fixture.httpOf();
  token = (await fixture.register()).access_token;
});
afterAll(() => fixture.close());

interface Answer {
  what: string;
  isPage: boolean;
  /** A static file of the web client. */
  isPublic: boolean;
  headers: Headers;
}

interface Mark {
  header: string;
  points: number;
  why: string;
  isGood: (value: string, answer: Answer) => boolean;
}

const directives = (policy: string): Map<string, string[]> =>
  new Map(
    policy.split(';').map((part) => {
      const [name = '', ...sources] = part.trim().split(/\s+/);
      return [name, sources];
    }),
  );
const closed = (policy: string, ...names: string[]): boolean =>
  names.every((name) => directives(policy).get(name)?.join() === "'none'");

/** 100 points in total. */
const marks: readonly Mark[] = [
  {
    ...{ header: 'content-security-policy', points: 20, why: 'nothing runs that is not ours' },
    isGood(policy, { isPage }) {
      const own = isPage ? "'self'" : "'none'";
      const known = directives(policy);
      return ['default-src', 'script-src'].every((name) => known.get(name)?.join() === own);
    },
  },
  {
    ...{ header: 'content-security-policy', points: 15, why: 'neither inline nor made of text' },
    isGood: (policy) => policy !== '' && !/unsafe|\*|https?:(?!\S)/.test(policy),
  },
  {
    ...{ header: 'content-security-policy', points: 10, why: 'no base, no plugins, no frames' },
    isGood: (policy) => closed(policy, 'base-uri', 'object-src', 'frame-ancestors'),
  },
  {
    ...{ header: 'content-security-policy', points: 5, why: 'forms go nowhere else' },
    isGood: (policy, { isPage }) =>
      directives(policy).get('form-action')?.join() === (isPage ? "'self'" : "'none'"),
  },
  {
    ...{ header: 'strict-transport-security', points: 10, why: 'once TLS, always TLS' },
    isGood: (value) => Number(/^max-age=(\d+)/.exec(value)?.[1]) >= 31_536_000,
  },
  {
    ...{ header: 'x-content-type-options', points: 5, why: 'JSON is never taken for a script' },
    isGood: (value) => value === 'nosniff',
  },
  {
    ...{ header: 'x-frame-options', points: 5, why: 'as frame-ancestors, for old browsers' },
    isGood: (value) => value === 'DENY',
  },
  {
    ...{ header: 'referrer-policy', points: 5, why: 'links tell nobody where they were' },
    isGood: (value) => value === 'no-referrer',
  },
  {
    ...{ header: 'permissions-policy', points: 5, why: 'no camera, microphone or place' },
    isGood: (value) =>
      ['camera=()', 'microphone=()', 'geolocation=()'].every((one) => value.includes(one)),
  },
  {
    ...{
      header: 'cross-origin-opener-policy',
      points: 5,
      why: 'no page that opened ours has a hold on it',
    },
    isGood: (value) => value === 'same-origin',
  },
  {
    ...{ header: 'cross-origin-resource-policy', points: 5, why: 'no other site embeds it' },
    isGood: (value) => value === 'same-origin',
  },
  {
    ...{ header: 'cache-control', points: 5, why: 'no cache keeps what is somebody’s' },
    isGood: (value, { isPublic }) => (isPublic ? value.startsWith('public') : value === 'no-store'),
  },
  {
    ...{
      header: 'set-cookie',
      points: 3,
      why: 'without cookies no other site can ask in one’s name',
    },
    isGood: (value) => value === '',
  },
  {
    ...{ header: 'x-powered-by', points: 1, why: 'nobody need know by what it was made' },
    isGood: (value) => value === '',
  },
  {
    ...{ header: 'access-control-allow-credentials', points: 1, why: 'nothing is ever sent along' },
    isGood: (value) => value === '',
  },
];

/** The points that a response loses, by reason. */
function lost(answer: Answer): string[] {
  return marks
    .filter(({ header, isGood }) => !isGood(answer.headers.get(header) ?? '', answer))
    .map(
      ({ header, points, why }) =>
        `${answer.what}: -${points} ${header}: ${answer.headers.get(header) ?? 'none'} (${why})`,
    );
}

const tls = { 'x-forwarded-proto': 'https' };
const ask = (method: string, path: string, more = {}): Promise<Reply> =>
  http(method, path, { headers: { ...tls, ...more } });

async function graded(what: string, reply: Promise<Reply>, kind: 'page' | 'file' | 'data') {
  const { headers } = await reply;
  return { what, headers, isPage: kind !== 'data', isPublic: kind === 'file' };
}

test('the table adds up to 100 points', () => {
  expect(marks.reduce((sum, { points }) => sum + points, 0)).toBe(100);
});

test('every endpoint has full marks, for success and for refusal', async () => {
  const answers: Promise<Answer>[] = [];
  for (const [name, { method, path }] of Object.entries<Endpoint>(endpoints)) {
    const address = path.replace(/:\w+/g, '0198a000-0000-7000-8000-00000000000a');
    // Endpoints that end sessions would end the test's own.
    const isEnding = name === 'logout';
    for (const bearer of isEnding ? [undefined] : [undefined, token]) {
      const reply = http(method, address, {
        ...{ token: bearer, headers: tls },
        ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
      });
      answers.push(
        graded(`${name} ${bearer === undefined ? 'by nobody' : 'by somebody'}`, reply, 'data'),
      );
    }
  }
  expect((await Promise.all(answers)).flatMap(lost)).toEqual([]);
  expect(answers.length).toBeGreaterThan(60);
});

test('every page, document, refusal and Socket.IO response has full marks', async () => {
  const page = String((await ask('GET', '/')).body);
  const files = [...page.matchAll(/(?:src|href)="\.(\/[^"]+)"/g)].map(([, file]) => file ?? '');
  expect(files.filter((file) => file.endsWith('.js')).length).toBeGreaterThan(0);
  const poll = '/socket.io/?EIO=4&transport=polling';
  const foreign = { origin: 'https://evil.example' };
  const answers = await Promise.all([
    ...['/', '/serviceWorker.js', '/manifest.webmanifest', ...files].map((file) =>
      graded(file, ask('GET', file), 'file'),
    ),
    graded('/about', ask('GET', '/about'), 'page'),
    graded('nothing', ask('GET', '/nothing/here'), 'page'),
    graded('no such method', ask('PUT', '/'), 'page'),
    ...['/docs/openapi.json', '/docs/asyncapi.json', '/healthz', '/readyz', '/metrics'].map(
      (path) => graded(path, ask('GET', path), 'data'),
    ),
    graded('/api/nothing', ask('GET', '/api/nothing'), 'data'),
    graded('no JSON', http('POST', '/api/auth/login', { raw: '{bad', headers: tls }), 'data'),
    graded('a preflight', ask('OPTIONS', '/api/users/me', { origin: listed }), 'data'),
    graded('a poll', ask('GET', poll), 'data'),
    graded('a poll of nothing', ask('GET', `${poll}&sid=none`), 'data'),
    graded('a poll of a foreign page', ask('GET', poll, foreign), 'data'),
  ]);
  expect(answers.flatMap(lost)).toEqual([]);
});

test('without TLS there is no Strict-Transport-Security', async () => {
  const plain = await http('GET', '/');
  expect(plain.headers.has('strict-transport-security')).toBe(false);
});

describe('pages of other origins', () => {
  const doors = ['/api/users/me', '/healthz', '/', '/socket.io/?EIO=4&transport=polling'];

  test.each(doors)(
    'may read %s if their origin is listed, by exact match, and never with credentials',
    async (path) => {
      const allowed = async (origin: string) =>
        (await ask('GET', path, { origin })).headers.get('access-control-allow-origin');
      expect(await allowed(listed)).toBe(listed);
      for (const origin of [
        ...['https://evil.example', 'http://app.example', 'https://app.example:444', 'null'],
        ...['https://app.example.evil.example', 'https://evil.example/https://app.example'],
        ...['https://APP.example', 'https://sub.app.example', `${listed}/`],
      ]) {
        expect([origin, await allowed(origin)]).toEqual([origin, null]);
      }
      const { headers } = await ask('GET', path, { origin: listed });
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('vary')).toContain('Origin');
    },
  );

  test.each(doors.filter((path) => path.length > '/healthz'.length))(
    'get the same preflight answer for %s, whatever they request',
    async (path) => {
      const wish = {
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'x-anything, cookie',
      };
      const { status, headers } = await ask('OPTIONS', path, { origin: listed, ...wish });
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe(listed);
      expect(headers.get('access-control-allow-methods')).toBe('GET,POST,PATCH,DELETE');
      expect(headers.get('access-control-allow-headers')).toBe('Authorization,Content-Type');
      const foreign = await ask('OPTIONS', path, { origin: 'https://evil.example', ...wish });
      expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
    },
  );
});

test('cookies never authenticate', async () => {
  const cookie = `access_token=${token}; token=${token}; session=${token}`;
  const refused = await ask('GET', '/api/users/me', { cookie });
  expect(refused.status).toBe(401);
  expect((await http('GET', '/api/users/me', { token })).status).toBe(200);
});
