import { connected, sendUntilAcknowledged, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  // Tokens of the second server live for four seconds, those of the first for a quarter of an hour.
  fixture = await openFaultFixture({ envOf: [{}, { ACCESS_TOKEN_TTL_S: '4' }] });
});
afterAll(() => fixture.close());

test('[fault 25: U] a connection is closed when its token expires, and an unanswered send is retried with its id', async () => {
  const { ana, ben, id } = await fixture.pair();
  const { access_token: token } = (await ana.on(1).call('login', { body: ana })).body;
  const listener = await connected(ben.on(1).device());
  const expiring = await connected(ana.device({ token }));
  const { access_token: other } = (await ana.on(1).call('login', { body: ana })).body;
  const loggedInAt = performance.now();
  const refreshed = await connected(ana.device({ token: other }));
  const { access_token: fresh } = (await ana.call('login', { body: ana })).body;
  const answer = await refreshed.ask('auth:refresh', { token: fresh });

  const sending: Promise<unknown>[] = [];
  while (expiring.socket().connected) {
    sending.push(expiring.send(id, `message ${sending.length}`));
    await sending.at(-1);
  }
  expect(performance.now() - loggedInAt).toBeLessThan(7_000);
  await Promise.all(sending);
  expect(sending.length).toBeGreaterThan(20);
  const unknown = expiring.attempts.filter(({ outcome }) => outcome !== 'acknowledged');
  expect(unknown.length).toBeLessThan(2);

  // A refresh is accepted only from the same session.
  if (answer.success) expect(refreshed.socket().connected).toBe(true);
  await expect(expiring.connect()).rejects.toMatchObject({ data: { name: 'UnauthorizedError' } });
  const renewed = ana.device({ deviceId: expiring.deviceId });
  await connected(renewed);
  for (const { clientMessageId } of unknown) {
    const content = `message ${expiring.attempts.findIndex((one) => one.clientMessageId === clientMessageId)}`;
    const again = await sendUntilAcknowledged(renewed, id, content, { clientMessageId });
    expect(again.outcome).toBe('acknowledged');
  }
  await until(
    'all messages have arrived',
    () => listener.wire(id).length === expiring.attempts.length,
  );
  const attempts = [...expiring.attempts, ...renewed.attempts];
  const run = { conversationId: id, people: [ana, ben], devices: [listener] };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
});

test('[fault 25] a connection that refreshes its token stays open', async () => {
  const { ana } = await fixture.pair();
  const { body } = await ana.on(1).call('login', { body: ana });
  const refreshed = await connected(ana.device({ token: body.access_token }));
  const expiring = await connected(ana.device({ token: body.access_token }));
  const renewed = await ana.call('refresh', { body: { refresh_token: body.refresh_token } });
  const answer = await refreshed.ask('auth:refresh', { token: renewed.body.access_token });
  expect(answer.success).toBe(true);
  await until('the other connection has expired', () => !expiring.socket().connected);
  expect((await refreshed.ask('chat:sync', {})).success).toBe(true);
});
