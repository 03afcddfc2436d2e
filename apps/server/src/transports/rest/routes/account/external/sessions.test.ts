import { randomUUID } from 'node:crypto';
import { createIdentityStore } from '@chasqui/identity';
import { pruneSessions } from '@chasqui/identity/testing';
import { openSocket, until } from '@chasqui/testkit';
import {
  type ExternalFixture,
  openExternalFixture,
  sign,
} from '../../../../../testing/externalFixture';

// Sessions and connections of external tokens, on two servers.

let external: ExternalFixture;
beforeAll(async () => {
  external = await openExternalFixture(2);
});
afterAll(() => external.close());

test('a session lasts as long as the longest of its tokens, in any order', async () => {
  const [sub, sid] = [randomUUID(), randomUUID()];
  const now = Math.floor(Date.now() / 1000);
  const ends = async () =>
    (
      await external.db.query(
        '',
        'SELECT max(extract(epoch FROM expires_at))::int FROM sessions',
        [],
      )
    )[0]?.[0];
  for (const [exp, lasts] of [
    // Plus a minute for the issuer's clock.
    [now + 900, now + 960],
    [now + 1_800, now + 1_860],
    [now + 60, now + 1_860],
  ] as const) {
    expect((await external.me(sign({ sub, sid, exp }))).status).toBe(200);
    expect(await ends()).toBe(lasts);
  }
});

test.each<[string, (sub: string) => object]>([
  ['with a session of their own', (sub) => ({ sub, sid: `session ${randomUUID()}` })],
  ['without a session', (sub) => ({ sub })],
  ['without a session and without an id', (sub) => ({ sub, jti: undefined, nonce: randomUUID() })],
])('a connection continues with a later token: tokens %s', async (_kind, kindOf) => {
  const sub = randomUUID();
  const connect = () => openSocket(external.url(0), { auth: { token: sign(kindOf(sub)) } });
  const [refreshed, forgotten] = [await connect(), await connect()];
  const former = await external.db.query(
    '',
    `SELECT s.id FROM sessions s JOIN external_identities e ON e.user_id = s.user_id WHERE e.subject = $1`,
    [sub],
  );
  const later = sign(kindOf(sub));
  expect(await refreshed.ask('auth:refresh', { token: later })).toEqual({ success: true });
  // The sessions of both first tokens expire; only one connection has moved to another.
  await external.db.query(
    '',
    `UPDATE sessions SET expires_at = now() - interval '1 s' WHERE id = ANY ($1::uuid[])`,
    [former.flat()],
  );
  await until('a connection that got no other token is closed', () => !forgotten.socket.connected);
  expect(refreshed.socket.connected).toBe(true);
  // It depends on the later session now.
  expect((await external.http(1)('POST', '/api/auth/logout', { token: later })).status).toBe(204);
  await until('the other connection is closed', () => !refreshed.socket.connected);
});

test('an ended session stays ended when its row is pruned, even for tokens issued later', async () => {
  const claimsOfSession = { sub: randomUUID(), sid: randomUUID() };
  const token = sign(claimsOfSession);
  expect((await external.me(token)).status).toBe(200);
  expect((await external.http(0)('POST', '/api/auth/logout', { token })).status).toBe(204);
  await external.db.query(
    '',
    `UPDATE sessions SET revoked_at = now() - interval '2 d' WHERE revoked_at IS NOT NULL`,
    [],
  );
  expect(await pruneSessions(createIdentityStore(external.db))).toBeGreaterThan(0);
  const rows = await external.db.query(
    '',
    'SELECT count(*)::int FROM sessions WHERE revoked_at IS NOT NULL',
    [],
  );
  expect(rows).toEqual([[0]]);
  const before = await external.countUsers();
  for (const one of [token, sign(claimsOfSession)])
    expect((await external.me(one)).status).toBe(401);
  expect((await external.me(sign({ ...claimsOfSession, sid: randomUUID() }))).status).toBe(200);
  expect(await external.countUsers()).toBe(before);
});

test('sockets, refreshed tokens and logout on every node work as for other users', async () => {
  const sub = randomUUID();
  const one = sign({ sub, sid: 'their session' });
  const socket = await openSocket(external.url(1), { auth: { token: one, deviceId: 'web' } });
  const fresh = sign({ sub, sid: 'their session' });
  expect(await socket.ask('auth:refresh', { token: fresh })).toEqual({ success: true });
  expect(await socket.ask('auth:refresh', { token: sign() })).toMatchObject({ success: false });
  const elsewhere = sign({ sub, sid: 'another session' });
  expect((await external.me(elsewhere)).status).toBe(200);

  expect((await external.http(0)('POST', '/api/auth/logout', { token: fresh })).status).toBe(204);
  await until('the socket is closed', () => !socket.socket.connected);
  // An ended session stays ended for all its tokens, even ones issued later.
  for (const token of [one, fresh, sign({ sub, sid: 'their session' })]) {
    expect((await external.me(token)).status).toBe(401);
  }
  expect((await external.me(elsewhere)).status).toBe(200);
});
