import { sessionSchema } from '@chasqui/protocol';
import {
  type ExternalFixture,
  openExternalFixture,
  sign,
} from '../../../../../testing/externalFixture';

// Which user a token of an external issuer stands for.

let external: ExternalFixture;
beforeAll(async () => {
  external = await openExternalFixture(2);
});
afterAll(() => external.close());

test('the first token creates a user; every other token of the subject is that user, on every node', async () => {
  const sub = 'subject 7';
  const before = await external.countUsers();
  const replies = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      external.me(sign({ sub, preferred_username: 'Ana', name: 'Ana María' }), i % 2),
    ),
  );
  expect(replies.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
  expect(new Set(replies.map(({ body }) => JSON.stringify(body))).size).toBe(1);
  expect(replies[0]?.body).toMatchObject({ username: 'Ana', display_name: 'Ana María' });
  expect(await external.countUsers()).toBe(before + 1);
});

test('a taken, invalid or missing name is replaced, and never linked to a registered user', async () => {
  const body = { username: 'ben', email: 'ben@example.org', password: 'correct horse' };
  const reply = await external.http(0)('POST', '/api/auth/register', { body });
  const { user } = sessionSchema.parse(reply.body);
  for (const wish of ['Ben', 'no name!', undefined]) {
    const token = sign({ preferred_username: wish, email: body.email, email_verified: true });
    const { status, body: found } = await external.me(token);
    expect([wish, status]).toEqual([wish, 200]);
    expect(found).not.toMatchObject({ id: user.id });
  }
  // And nobody can log in to such an account with a password.
  const name = String(
    Reflect.get(Object((await external.me(sign({ sub: 'ana' }))).body), 'username'),
  );
  for (const password of ['', 'null', 'correct horse']) {
    const login = await external.http(0)('POST', '/api/auth/login', {
      body: { username: name, password },
    });
    expect(login.status).toBeGreaterThanOrEqual(400);
  }
});

test('different subjects are different users, even if only their normal form is equal', async () => {
  const names = ['ñ', 'n\u0303', 'N\u0303', 'ana ', 'ana'];
  const people = await Promise.all(
    names.map(async (sub) => (await external.me(sign({ sub }))).body),
  );
  expect(new Set(people.map((body) => String(Reflect.get(Object(body), 'id')))).size).toBe(5);
});
