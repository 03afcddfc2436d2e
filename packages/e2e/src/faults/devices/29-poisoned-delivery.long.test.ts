import { createRestClient, until } from '@chasqui/testkit';
import { figuresOf } from '../figures';
import { connected, openScene, type Scene } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({
    env: { SWEEP_INTERVAL_MS: '300', DELIVERY_BACKOFF_MS: '100' },
  });
});
afterAll(() => scene.close());

test('[fault 29: D5] a delivery whose processing always throws: others flow, it is visible as dead with its reason, and can be retried', async () => {
  const { ana, ben, id } = await scene.pair();
  const { cleo } = await scene.people.registerAll('cleo');
  const other = await scene.people.direct(ana, cleo);
  await scene.instance.sql(
    `CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE EXCEPTION 'this delivery is poisoned'; END $$`,
  );
  await scene.instance.sql(
    `CREATE TRIGGER poison BEFORE UPDATE OF attempts ON deliveries FOR EACH ROW
     WHEN (NEW.attempts > OLD.attempts AND NEW.user_id = '${ben.id}') EXECUTE FUNCTION poison()`,
  );
  const sender = await connected(ana.device());
  await sender.send(id, 'poisoned');
  await sender.send(other.id, 'fine');
  const row = async (userId: string) =>
    (
      await scene.instance.sql<{ attempts: number; last_error: string; dead_at: Date | null }>(
        'SELECT attempts, last_error, dead_at FROM deliveries WHERE user_id = $1',
        [userId],
      )
    )[0];
  await until(
    'it is given up',
    async () => ((await row(ben.id))?.dead_at ?? null) !== null,
    60_000,
  );
  expect((await row(cleo.id))?.attempts).toBeGreaterThan(0);

  const rest = createRestClient(scene.instance.url());
  const { id: operatorId, token } = (await scene.people.registerAll('operator')).operator;
  await scene.instance.sql(`INSERT INTO instance_roles (user_id, role) VALUES ($1, 'admin')`, [
    operatorId,
  ]);
  const { deliveries } = (await rest.call('listDeadLetters', { token })).body;
  expect(deliveries).toMatchObject([
    { user: { id: ben.id }, reason: expect.stringContaining('poisoned') as string },
  ]);
  const figure = await figuresOf(scene.instance.url());
  expect(figure('chasqui_deliveries{state="dead"}')).toBe(1);

  await scene.instance.sql('DROP TRIGGER poison ON deliveries');
  await rest.call('retryDeadLetter', { token, params: { userId: ben.id } });
  await until('it is tried', async () => ((await row(ben.id))?.attempts ?? 0) > 0);
  expect((await row(ben.id))?.dead_at).toBeNull();
  const back = await connected(ben.on(1).device());
  const run = { conversationId: id, people: [ana, ben], devices: [back] };
  const attempts = sender.attempts.filter((one) => one.conversationId === id);
  expect(await scene.verdict({ ...run, attempts })).toEqual([]);
});
