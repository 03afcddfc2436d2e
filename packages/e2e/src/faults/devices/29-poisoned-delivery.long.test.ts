import { connected, createRestClient, until } from '@chasqui/testkit';
import { metricsOf } from '../metrics';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture({
    env: { SWEEP_INTERVAL_MS: '300', DELIVERY_BACKOFF_MS: '100' },
  });
});
afterAll(() => fixture.close());

test('[fault 29: D5] a delivery whose processing always throws becomes a dead letter with its reason, can be retried, and delays no other', async () => {
  const { ana, ben, id } = await fixture.pair();
  const { cleo } = await fixture.people.registerAll('cleo');
  const other = await fixture.people.direct(ana, cleo);
  await fixture.instance.sql(
    `CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'this delivery is poisoned'; END $$`,
  );
  await fixture.instance.sql(
    `CREATE TRIGGER poison BEFORE UPDATE OF attempts ON deliveries FOR EACH ROW
     WHEN (NEW.attempts > OLD.attempts AND NEW.user_id = '${ben.id}') EXECUTE FUNCTION poison()`,
  );
  const sender = await connected(ana.device());
  await sender.send(id, 'poisoned');
  await sender.send(other.id, 'fine');
  const row = async (userId: string) =>
    (
      await fixture.instance.sql<{ attempts: number; last_error: string; dead_at: Date | null }>(
        'SELECT attempts, last_error, dead_at FROM deliveries WHERE user_id = $1',
        [userId],
      )
    )[0];
  await until(
    'the delivery is a dead letter',
    async () => ((await row(ben.id))?.dead_at ?? null) !== null,
    60_000,
  );
  expect((await row(cleo.id))?.attempts).toBeGreaterThan(0);

  const rest = createRestClient(fixture.instance.url());
  const { id: operatorId, token } = (await fixture.people.registerAll('operator')).operator;
  await fixture.instance.sql(`INSERT INTO instance_roles (user_id, role) VALUES ($1, 'admin')`, [
    operatorId,
  ]);
  const { deliveries } = (await rest.call('listDeadLetters', { token })).body;
  expect(deliveries).toMatchObject([
    { user: { id: ben.id }, reason: expect.stringContaining('poisoned') as string },
  ]);
  const metric = await metricsOf(fixture.instance.url());
  expect(metric('chasqui_deliveries{state="dead"}')).toBe(1);

  await fixture.instance.sql('DROP TRIGGER poison ON deliveries');
  await rest.call('retryDeadLetter', { token, params: { userId: ben.id } });
  await until('the delivery is tried', async () => ((await row(ben.id))?.attempts ?? 0) > 0);
  expect((await row(ben.id))?.dead_at).toBeNull();
  const back = await connected(ben.on(1).device());
  const run = { conversationId: id, people: [ana, ben], devices: [back] };
  const attempts = sender.attempts.filter((one) => one.conversationId === id);
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
});
