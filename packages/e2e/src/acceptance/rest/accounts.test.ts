import { randomUUID } from 'node:crypto';
import { createHttpClient, createRestClient, type Person } from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// Every endpoint (docs/CONTRACT.md). The client checks every answer against its schema.

const suite = setUpAcceptanceSuite({ worker: false });

describe('auth', () => {
  const newUser = () => {
    const username = `u_${randomUUID().slice(0, 8)}`;
    return { username, email: `${username}@example.org`, password: 'eight888' };
  };
  const rest = () => createRestClient(suite.instance.url());

  test('register answers 201, login by name or by email 200, with the same user', async () => {
    const user = newUser();
    const registered = await rest().call('register', {
      body: { ...user, display_name: 'A User' },
    });
    expect(registered.status).toBe(201);
    expect(registered.body.user.display_name).toBe('A User');
    expect(registered.body.expires_in).toBe(900);
    for (const name of [{ username: user.username }, { email: user.email }]) {
      const login = await rest().call('login', { body: { ...name, password: user.password } });
      expect(login.status).toBe(200);
      expect(login.body.user.id).toBe(registered.body.user.id);
    }
  });

  test('a taken name is a ConflictError, a wrong password an UnauthorizedError', async () => {
    const user = newUser();
    await rest().call('register', { body: user });
    expect(await rest().refused('register', { body: user })).toMatchObject({
      status: 409,
      name: 'ConflictError',
    });
    const refused = await rest().refused('login', { body: { ...user, password: 'wrong one' } });
    expect(refused).toMatchObject({ status: 401, name: 'UnauthorizedError' });
  });

  test('a refresh rotates the token; refresh and access tokens are not interchangeable', async () => {
    const ana = await suite.people.register();
    const refreshed = await rest().call('refresh', { body: { refresh_token: ana.refreshToken } });
    expect(refreshed.status).toBe(200);
    expect(refreshed.body.refresh_token).not.toBe(ana.refreshToken);
    for (const token of [ana.refreshToken, 'nonsense', '']) {
      expect((await rest().refused('readMe', { token })).status).toBe(401);
    }
    const swapped = await rest().refused('refresh', { body: { refresh_token: ana.token } });
    expect(swapped).toMatchObject({ status: 401, name: 'UnauthorizedError' });
  });

  test('logout answers 204 and ends the access token and the refresh token', async () => {
    const ana = await suite.people.register();
    expect((await ana.call('logout')).status).toBe(204);
    expect((await ana.refused('readMe')).status).toBe(401);
    const refused = await rest().refused('refresh', { body: { refresh_token: ana.refreshToken } });
    expect(refused.status).toBe(401);
  });

  test('passwords of 8 and 200 characters are accepted, of 7 and 201 refused', async () => {
    for (const [length, status] of [
      [7, 400],
      [8, 201],
      [200, 201],
      [201, 400],
    ] as const) {
      const body = { ...newUser(), password: 'p'.repeat(length) };
      const reply = await createHttpClient(suite.instance.url())('POST', '/api/auth/register', {
        body,
      });
      expect([length, reply.status]).toEqual([length, status]);
    }
  });
});

describe('users', () => {
  test('presence is visible to people who share a conversation, and null for others', async () => {
    const { ana, ben, eve } = await suite.people.registerAll('ana', 'ben', 'eve');
    await suite.people.direct(ana, ben);
    const seenBy = async (viewer: Person) =>
      (await viewer.call('readUser', { params: { id: ben.id } })).body;
    expect((await seenBy(ana)).presence).toMatchObject({ status: 'offline' });
    expect((await seenBy(eve)).presence).toBeNull();
    expect((await ben.call('readMe')).body.id).toBe(ben.id);
    const found = await eve.call('findUsers', { query: { query: ben.username.toUpperCase() } });
    expect(found.body.users.map(({ id }) => id)).toEqual([ben.id]);
    expect((await ana.refused('readUser', { params: { id: randomUUID() } })).status).toBe(404);
  });
});

test('health, readiness and metrics need no token', async () => {
  const rest = createRestClient(suite.instance.url());
  expect((await rest.call('readHealth')).body).toMatchObject({ status: 'ok', protocol: 1 });
  const ready = await rest.call('readReadiness');
  expect(ready).toMatchObject({
    status: 200,
    body: { status: 'ok', postgres: 'ok', redis: 'ok' },
  });
  const metrics = await createHttpClient(suite.instance.url())('GET', '/metrics');
  expect(metrics.status).toBe(200);
  expect(metrics.headers.get('content-type')).toContain('text/plain');
});
