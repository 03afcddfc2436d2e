import { connected, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

// Sessions that end while a node cannot be notified.

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

/** Two sessions of one user, `phone` and `desk`, and the id of the phone's session. */
async function twoSessions() {
  const ana = await fixture.people.register('ana');
  const { username, password } = ana;
  const { body } = await ana.call('login', { body: { username, password } });
  const phone = await connected(ana.on(1).device({ token: body.access_token, deviceId: 'phone' }));
  const desk = await connected(ana.on(1).device({ deviceId: 'desk' }));
  const { sessions } = (await ana.call('listSessions')).body;
  const id = sessions.find(({ current }) => !current)?.id ?? '';
  return { ana, phone, desk, id, token: body.access_token };
}

const closedWithin = (what: string, phone: { socket(): { connected: boolean } }, ms: number) =>
  until(what, () => !phone.socket().connected, ms);

test('[fault 39: D9] a node cut off from Redis closes the socket of an ended session within 5 s', async () => {
  const { ana, phone, desk, id, token } = await twoSessions();
  const ben = await fixture.people.register('ben');
  const direct = await fixture.people.direct(ana, ben);
  const { redis } = fixture.server(1);
  redis.cut();
  await ana.call('endSession', { params: { id } });
  // Five seconds, plus requests in flight and a busy machine.
  await closedWithin('the phone is disconnected while Redis is down', phone, 8_000);
  expect((await ana.on(1).refused('readMe', { token })).status).toBe(401);
  const before = phone.entries(direct.id).length;
  await ben.on(1).call('sendMessage', {
    body: { conversation_id: direct.id, content_encrypted: 'for signed-in devices' },
  });
  await until('the desk has the message', () => desk.entries(direct.id).length > 0);
  expect(phone.entries(direct.id)).toHaveLength(before);
  redis.heal();
});

test('[fault 40: D9] a node cut off from Redis and PostgreSQL closes it when PostgreSQL is back', async () => {
  const { ana, phone, desk, id } = await twoSessions();
  const { redis, postgres } = fixture.server(1);
  redis.cut();
  postgres.cut();
  await ana.call('endSession', { params: { id } });
  expect(phone.socket().connected).toBe(true);
  postgres.heal();
  await closedWithin('the phone is disconnected while Redis is down', phone, 15_000);
  redis.heal();
  await until('the desk is connected', () => desk.socket().connected);
});
