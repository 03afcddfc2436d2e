import { connectDatabase, type Database } from '@chasqui/db';
import { errorBodySchema, invitationSchema, type Session, sessionSchema } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture } from '@chasqui/testkit';
import * as z from 'zod';
import { startNode, type Node } from '../../../../startNode';

// Who may register: everybody, with an invitation, or nobody.

const log = quietLog();
let fixture: ServerFixture<Node>;
let db: Database;
let invite: Node;
let closed: Node;
let admin: Session;

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  await fixture.open({ RATE_LIMIT: 'off' });
  invite = await fixture.open({ RATE_LIMIT: 'off', REGISTRATION: 'invite' });
  closed = await fixture.open({ RATE_LIMIT: 'off', REGISTRATION: 'closed' });
  db = connectDatabase({ url: fixture.database.url, poolMax: 2 });
  admin = await fixture.register();
  await db.query('', `INSERT INTO instance_roles (user_id, role) VALUES ($1, 'admin')`, [
    admin.user.id,
  ]);
});
afterAll(async () => {
  await db.close();
  await fixture.close();
});

let people = 0;
const register = (node: Node, invitation?: string, username = `invited${++people}`) =>
  fixture.httpOf(node)('POST', '/api/auth/register', {
    body: { username, email: `${username}@example.org`, password: 'correct horse', invitation },
  });
const ask = (method: string, path: string, body?: object) =>
  fixture.httpOf()(method, path, { token: admin.access_token, body });
const made = z.object({ invitation: invitationSchema, code: z.string() });
const create = async (terms: object = {}) =>
  made.parse((await ask('POST', '/api/admin/invitations', terms)).body);
const refusal = ({ status, body }: { status: number; body: unknown }) => {
  const { name, details } = errorBodySchema.parse(body).error;
  return { status, name, ...details };
};
const usesOf = async (id: string) => {
  const rows = await db.query('', 'SELECT uses FROM instance_invitations WHERE id = $1', [id]);
  return rows[0]?.[0];
};

test('/healthz reports the registration mode', async () => {
  for (const [node, registration] of [
    [undefined, 'open'],
    [invite, 'invite'],
    [closed, 'closed'],
  ] as const) {
    expect((await fixture.httpOf(node)('GET', '/healthz')).body).toMatchObject({ registration });
  }
});

test('closed: registration is refused, even with an invitation', async () => {
  const { code } = await create();
  for (const invitation of [undefined, code]) {
    expect(refusal(await register(closed, invitation))).toEqual({
      ...{ status: 403, name: 'ForbiddenError', reason: 'registration_closed' },
    });
  }
});

test('invite: with a valid code, and with no other', async () => {
  expect(refusal(await register(invite))).toMatchObject({ reason: 'invitation_required' });
  const good = await create({ max_uses: 2 });
  const expired = await create();
  const revoked = await create();
  await db.query('', 'UPDATE instance_invitations SET expires_at = now() WHERE id = $1', [
    expired.invitation.id,
  ]);
  await ask('DELETE', `/api/admin/invitations/${revoked.invitation.id}`);
  const answers = [];
  for (const code of ['no such code', expired.code, revoked.code]) {
    answers.push((await register(invite, code)).body);
  }
  expect(new Set(answers.map((body) => JSON.stringify(body))).size).toBe(1);
  expect(refusal(await register(invite, 'no such code'))).toMatchObject({
    ...{ status: 403, reason: 'invitation_invalid' },
  });
  expect((await register(invite, good.code)).status).toBe(201);
  expect(await usesOf(good.invitation.id)).toBe(1);
  expect(log.lines.map(({ fields }) => fields)).toContainEqual(
    expect.objectContaining({ securityEvent: 'registered', invitationId: good.invitation.id }),
  );
});

test('a failed registration uses no invitation', async () => {
  const { code, invitation } = await create();
  const { user } = sessionSchema.parse((await register(invite, code)).body);
  const other = await create();
  expect((await register(invite, other.code, user.username)).status).toBe(409);
  expect(await usesOf(other.invitation.id)).toBe(0);
  expect(await usesOf(invitation.id)).toBe(1);
});

test('concurrent registrations with one code succeed only as often as it has uses', async () => {
  const { code, invitation } = await create({ max_uses: 3 });
  const answers = await Promise.all(Array.from({ length: 12 }, () => register(invite, code)));
  const statuses = answers.map(({ status }) => status);
  expect(statuses.filter((status) => status === 201)).toHaveLength(3);
  expect(statuses.filter((status) => status === 403)).toHaveLength(9);
  expect(await usesOf(invitation.id)).toBe(3);
});

test('codes are unguessable, stored as digests, and never listed', async () => {
  const { code, invitation } = await create();
  expect(code).toMatch(/^[\w-]{22}$/);
  const stored = await db.query('', 'SELECT i::text FROM instance_invitations i WHERE id = $1', [
    invitation.id,
  ]);
  const list = await ask('GET', '/api/admin/invitations?limit=1');
  for (const text of [
    JSON.stringify(stored),
    JSON.stringify(list.body),
    JSON.stringify(log.lines),
  ]) {
    expect(text).not.toContain(code);
  }
  expect(list.body).toMatchObject({
    invitations: [invitation],
    next_cursor: expect.any(String) as unknown,
  });
});

test('open registration ignores invitations', async () => {
  const everybody = fixture.httpOf();
  const username = `invited${++people}`;
  const body = { username, email: `${username}@example.org`, password: 'correct horse' };
  const { status } = await everybody('POST', '/api/auth/register', {
    body: { ...body, invitation: 'no such code' },
  });
  expect(status).toBe(201);
});
