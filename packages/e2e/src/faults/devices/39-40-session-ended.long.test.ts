import { until } from '@chasqui/testkit';
import { connected, openScene, type Scene } from '../scene';

// Sessions that end while a node cannot be notified.

let scene: Scene;
beforeAll(async () => {
  scene = await openScene();
});
afterAll(() => scene.close());

/** A phone that is signed in beside the desk, and its session as the desk sees it. */
async function twoSessions() {
  const ana = await scene.people.register('ana');
  const { username, password } = ana;
  const { body } = await ana.call('login', { body: { username, password } });
  const phone = await connected(ana.on(1).device({ token: body.access_token, deviceId: 'phone' }));
  const desk = await connected(ana.on(1).device({ deviceId: 'desk' }));
  const { sessions } = (await ana.call('listSessions')).body;
  const id = sessions.find(({ current }) => !current)?.id ?? '';
  return { ana, phone, desk, id, token: body.access_token };
}

/** What comes after somebody is shut out comes to the others alone. */
const shutWithin = (what: string, phone: { socket(): { connected: boolean } }, ms: number) =>
  until(what, () => !phone.socket().connected, ms);

test('[fault 39: D9] a node that Redis says nothing to closes what was ended elsewhere within 5 s', async () => {
  const { ana, phone, desk, id, token } = await twoSessions();
  const ben = await scene.people.register('ben');
  const direct = await scene.people.direct(ana, ben);
  const { redis } = scene.server(1);
  redis.cut();
  await ana.call('endSession', { params: { id } });
  // Five seconds, what is under way, and a machine that is busy.
  await shutWithin('the phone is shut out, with Redis still away', phone, 8_000);
  expect((await ana.on(1).refused('readMe', { token })).status).toBe(401);
  const before = phone.entries(direct.id).length;
  await ben.on(1).call('sendMessage', {
    body: { conversation_id: direct.id, content_encrypted: 'for those who are signed in' },
  });
  await until('the desk has it', () => desk.entries(direct.id).length > 0);
  expect(phone.entries(direct.id)).toHaveLength(before);
  redis.heal();
});

test('[fault 40: D9] a node without Redis and PostgreSQL closes it when PostgreSQL is back', async () => {
  const { ana, phone, desk, id } = await twoSessions();
  const { redis, postgres } = scene.server(1);
  redis.cut();
  postgres.cut();
  await ana.call('endSession', { params: { id } });
  expect(phone.socket().connected).toBe(true);
  postgres.heal();
  await shutWithin('the phone is shut out, with Redis still away', phone, 15_000);
  redis.heal();
  await until('the desk stays, or is back', () => desk.socket().connected);
});
