import { connectDatabase, type Database } from '@chasqui/db';
import { systemClock } from '@chasqui/foundation';
import { createRoles, createSecurityLog, reservedUsernames, type Roles } from '@chasqui/identity';
import { type Session, sessionSchema } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture } from '@chasqui/testkit';
import { startNode, type Node } from '../../../../startNode';

// Instance roles belong to users, not to names.

const log = quietLog();
let fixture: ServerFixture<Node>;
let db: Database;
/** What `npm run roles` uses. */
let roles: Roles;

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  await fixture.open({ RATE_LIMIT: 'off' });
  db = connectDatabase({ url: fixture.database.url, poolMax: 4 });
  const securityLog = createSecurityLog({ log, clock: systemClock, secret: 'x'.repeat(32) });
  roles = createRoles({ db, securityLog });
});
afterAll(async () => {
  await db.close();
  await fixture.close();
});
beforeEach(async () => {
  await db.query('', 'DELETE FROM instance_roles', []);
  log.lines.splice(0);
});

const ask = (method: string, path: string, { access_token }: Session, body?: object) =>
  fixture.httpOf()(method, path, { token: access_token, body });
const register = (username: string, node?: Node) =>
  fixture.httpOf(node)('POST', '/api/auth/register', {
    body: { username, email: `${username}@example.org`, password: 'correct horse' },
  });
const seesAdministration = async (person: Session, node?: Node) => {
  const { access_token: token } = person;
  return (await fixture.httpOf(node)('GET', '/api/admin/roles', { token })).status === 200;
};
const rolePath = ({ user }: Session) => `/api/admin/roles/${user.id}`;
const events = () => log.lines.map(({ fields }) => fields);

test('ADMIN_USERNAMES grants admin to users that exist at the start, not to users who register later', async () => {
  const ruth = sessionSchema.parse((await register('Ruth')).body);
  const node = await fixture.open({ ADMIN_USERNAMES: 'ruth, rita' });
  expect(await seesAdministration(ruth, node)).toBe(true);
  expect(await roles.list()).toMatchObject([{ user: { id: ruth.user.id }, role: 'admin' }]);
  const setting = { actor: 'setting', role: 'admin', userId: ruth.user.id };
  expect(events()).toContainEqual({ securityEvent: 'role_granted', ...setting });

  // The other name is not registered yet, and cannot be.
  for (const name of ['rita', 'RITA']) {
    expect(await register(name, node)).toMatchObject({
      status: 409,
      body: {
        error: { name: 'ConflictError', message: 'this user name or e-mail address is taken' },
      },
    });
  }
});

test('a start revokes and changes no role: a listed owner stays an owner', async () => {
  const olga = sessionSchema.parse((await register('olga')).body);
  await roles.grant('command', olga.user.id, 'owner');
  await fixture.open({ ADMIN_USERNAMES: 'olga' });
  expect(await roles.roleOf(olga.user.id)).toBe('owner');
});

test('after an administrator’s account is deleted, a new user of that name has no role', async () => {
  const first = sessionSchema.parse((await register('agatha')).body);
  await roles.grant('command', first.user.id, 'admin');
  expect(await seesAdministration(first)).toBe(true);
  const deletion = await ask('DELETE', '/api/users/me', first, { password: 'correct horse' });
  expect(deletion.status).toBe(204);
  const second = sessionSchema.parse((await register('agatha')).body);
  expect(await seesAdministration(second)).toBe(false);
  expect(await roles.list()).toEqual([]);
  expect(await db.query('', 'SELECT FROM instance_roles', [])).toEqual([]);
});

test('a role stays with its user after a rename', async () => {
  const nora = await fixture.register();
  await roles.grant('command', nora.user.id, 'admin');
  await db.query('', `UPDATE users SET username = 'nora', username_key = 'nora' WHERE id = $1`, [
    nora.user.id,
  ]);
  expect(await seesAdministration(nora)).toBe(true);
});

test('only owners grant and revoke roles; for users without a role the endpoints do not exist', async () => {
  const [owner, admin, ana] = [
    await fixture.register(),
    await fixture.register(),
    await fixture.register(),
  ];
  await roles.grant('command', owner.user.id, 'owner');
  expect((await ask('PUT', rolePath(admin), owner, { role: 'admin' })).status).toBe(204);
  for (const [method, body] of [
    ['PUT', { role: 'admin' }],
    ['DELETE', undefined],
  ] as const) {
    expect((await ask(method, rolePath(ana), admin, body)).status).toBe(403);
    expect((await ask(method, rolePath(owner), admin, body)).status).toBe(403);
    expect((await ask(method, rolePath(ana), ana, body)).status).toBe(404);
  }
  expect(await seesAdministration(ana)).toBe(false);
  expect((await ask('DELETE', rolePath(admin), owner)).status).toBe(204);
  expect(await seesAdministration(admin)).toBe(false);
  expect((await ask('DELETE', rolePath(admin), owner)).status).toBe(404);
  const userId = admin.user.id;
  const actorId = owner.user.id;
  expect(events()).toContainEqual({
    securityEvent: 'role_granted',
    userId,
    role: 'admin',
    actorId,
  });
  expect(events()).toContainEqual({
    securityEvent: 'role_revoked',
    userId,
    role: 'admin',
    actorId,
  });
});

test('the last owner stays, even when two owners remove each other concurrently', async () => {
  const [one, two] = [await fixture.register(), await fixture.register()];
  await roles.grant('command', one.user.id, 'owner');
  expect((await ask('DELETE', rolePath(one), one)).status).toBe(409);
  expect((await ask('PUT', rolePath(one), one, { role: 'admin' })).status).toBe(409);
  for (let round = 0; round < 10; round += 1) {
    await roles.grant('command', one.user.id, 'owner');
    await roles.grant('command', two.user.id, 'owner');
    const statuses = await Promise.all([
      ask('DELETE', rolePath(two), one),
      ask('DELETE', rolePath(one), two),
    ]);
    expect(statuses.map(({ status }) => status)).toContain(204);
    expect(await roles.list()).toHaveLength(1);
  }
});

test('ADMIN_USERNAMES is case-insensitive', () => {
  expect(reservedUsernames(['Root', 'ADMIN'])).toEqual(new Set(['root', 'admin']));
});
