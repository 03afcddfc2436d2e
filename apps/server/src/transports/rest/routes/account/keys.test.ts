import { connectDatabase, type Database } from '@chasqui/db';
import { type Session, sessionSchema } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture, until } from '@chasqui/testkit';
import { startNode, type Node } from '../../../../startNode';

// Secrets rotated while users are signed in, and sessions past their maximum age.

const [a, b] = ['the first secret of all', 'the second secret of all'];
const log = quietLog();
let fixture: ServerFixture<Node>;
let db: Database;
/** Servers in the successive states of a rotation. */
let before: Node;
let prepared: Node;
let rotated: Node;
let after: Node;

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  db = connectDatabase({ url: fixture.database.url });
  before = await fixture.open({ JWT_SECRET: a });
  await until('the first secret is noted', async () => {
    const rows = await db.query('', `SELECT FROM instance WHERE key = 'signing_secret_id'`, []);
    return rows.length > 0;
  });
  prepared = await fixture.open({ JWT_SECRET: a, JWT_SECRET_OTHER: b });
  rotated = await fixture.open({ JWT_SECRET: b, JWT_SECRET_OTHER: a });
  after = await fixture.open({ JWT_SECRET: b });
});
afterAll(async () => {
  await db.close();
  await fixture.close();
});

const refresh = (token: string, node: Node) =>
  fixture.httpOf(node)('POST', '/api/auth/refresh', { body: { refresh_token: token } });
const refreshed = async (token: string, node: Node): Promise<Session> =>
  sessionSchema.parse((await refresh(token, node)).body);
const statusAt = async (node: Node, token: string) =>
  (await fixture.httpOf(node)('GET', '/api/users/me', { token })).status;

describe('a rotation of the secret', () => {
  test('keeps the sessions that refresh between its steps, and ends the others', async () => {
    const [ana, idle] = [await fixture.register(before), await fixture.register(prepared)];
    expect(await statusAt(rotated, ana.access_token)).toBe(200);
    const next = await refreshed(ana.refresh_token, rotated);
    expect(await statusAt(prepared, next.access_token)).toBe(200);
    expect(await statusAt(after, next.access_token)).toBe(200);
    const last = await refreshed(next.refresh_token, after);
    expect(last.user.id).toBe(ana.user.id);
    for (const token of [ana.access_token, idle.access_token]) {
      expect(await statusAt(after, token)).toBe(401);
    }
    expect((await refresh(idle.refresh_token, after)).status).toBe(401);
    // The secret could still be restored: nothing was deleted.
    expect((await refresh(idle.refresh_token, rotated)).status).toBe(200);
  });

  test('does the same with tokens stored by servers of the previous release', async () => {
    const [ana, ben] = [await fixture.register(before), await fixture.register(before)];
    await db.query('', 'UPDATE refresh_tokens SET key_id = NULL', []);
    expect((await refresh(ana.refresh_token, after)).status).toBe(401);
    expect((await refresh(ana.refresh_token, rotated)).status).toBe(200);
    expect((await refresh(ben.refresh_token, before)).status).toBe(200);
  });

  test('gives two tabs at two servers the same token half-way', async () => {
    const ana = await fixture.register(before);
    const [one, two] = [
      await refreshed(ana.refresh_token, prepared),
      await refreshed(ana.refresh_token, rotated),
    ];
    expect(two.refresh_token).toBe(one.refresh_token);
    expect((await refresh(one.refresh_token, rotated)).status).toBe(200);
  });

  test('is in the security log, without a secret', async () => {
    const lines = () => log.lines.map((line) => JSON.stringify(line));
    await until('it is there', () => lines().some((line) => line.includes('keys_rotated')));
    for (const secret of [a, b]) expect(lines().join()).not.toContain(secret);
  });
});

describe('a session at its maximum age', () => {
  const age = (person: Session, seconds: number) =>
    db.query(
      '',
      "UPDATE sessions SET created_at = now() - $2 * interval '1 second' WHERE user_id = $1",
      [person.user.id, seconds],
    );
  const SIX_MONTHS_S = 15_552_000;

  test('ends despite constant use, and its connections with it', async () => {
    const ana = await fixture.register(before);
    const socket = await fixture.connect(ana.access_token, { node: before });
    await age(ana, SIX_MONTHS_S - 60);
    const next = await refreshed(ana.refresh_token, before);
    const [row] = await db.query(
      ...([
        '',
        "SELECT expires_at < now() + interval '61 s' FROM sessions WHERE user_id = $1",
      ] as const),
      [ana.user.id],
    );
    expect(row).toEqual([true]);
    expect(socket.socket.connected).toBe(true);

    // As a server of the previous release would have extended it.
    await db.query(
      ...([
        '',
        `UPDATE sessions SET expires_at = now() + interval '90 days' WHERE user_id = $1`,
      ] as const),
      [ana.user.id],
    );
    await age(ana, SIX_MONTHS_S + 1);
    await until('its connection is closed', () => !socket.socket.connected);
    expect((await refresh(next.refresh_token, before)).status).toBe(401);
    await until(
      'its token is refused',
      async () => (await statusAt(before, next.access_token)) === 401,
    );
    // The password starts a new one.
    expect((await fixture.login(ana, before)).user.id).toBe(ana.user.id);
  });

  test('ends earlier if the setting says so', async () => {
    const strict = await fixture.open({ JWT_SECRET: a, SESSION_MAX_AGE_S: '3600' });
    const ana = await fixture.register(strict);
    await age(ana, 3_601);
    expect((await refresh(ana.refresh_token, strict)).status).toBe(401);
    expect((await refresh(ana.refresh_token, before)).status).toBe(200);
  });
});
