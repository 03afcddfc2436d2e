import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture, until } from '@chasqui/testkit';
import { startNode, type Node } from '../../../../startNode';

// Password hashes are the most expensive thing an anonymous client can request. Addresses share
// them fairly.

let fixture: ServerFixture<Node>;
beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log: quietLog(), redisPrefix }),
  );
  await fixture.open({ TRUST_PROXY: '127.0.0.1' });
});
afterAll(() => fixture.close());

test('hundreds of logins from one address do not delay a login from another', async () => {
  const { user } = await fixture.register();
  const http = fixture.httpOf();
  const login = (username: string, password: string, from: string) =>
    http('POST', '/api/auth/login', {
      ...{ body: { username, password }, headers: { 'x-forwarded-for': from } },
    });
  let answered = 0;
  const flood = Array.from({ length: 250 }, async (_, i) => {
    const { status } = await login(`nobody${i}`, 'a guess', '192.0.2.1');
    answered += 1;
    return status;
  });
  // By then the rest of the flood has been read and waits for a core.
  await until('the flood has begun', () => answered >= 60);
  const before = answered;
  const honest = await login(user.username, 'correct horse', '192.0.2.2');
  const overtook = 250 - answered;
  expect(honest.status).toBe(200);
  // It waited for a few hashes, not for everything that arrived before it.
  expect(overtook).toBeGreaterThan((250 - before) / 2);
  // All get a response: a refusal if the machine is too slow for so many hashes.
  for (const status of await Promise.all(flood)) expect([401, 503]).toContain(status);
});
