import { connected, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

test('[fault 42: D7] live devices receive tombstones although the workers are killed between expiry and notification', async () => {
  const { instance } = fixture;
  const { ana, ben, id } = await fixture.pair();
  const live = await connected(ben.on(1).device());
  const COUNT = 50;
  for (let i = 0; i < COUNT; i += 1) await ana.send(id, `secret ${i}`);
  const shown = (): (string | null)[] =>
    live
      .entries(id)
      .filter(({ kind }) => kind === 'message')
      .map(({ content_encrypted: content }) => content);
  await until('all messages have arrived', () => shown().length === COUNT);

  // The name of the first statement of a notification, which is prepared once and then sent by name: by then the expiry
  // and its record are committed.
  for (const { postgres } of fixture.workers()) postgres.hold('requests', 'take_tombstone_batches');
  await instance.sql(
    `UPDATE messages SET created_at = created_at - interval '1 hour' WHERE conversation_id = $1`,
    [id],
  );
  const body = { retention_s: 60, apply_to_history: true };
  for (const one of [ana, ben]) await one.call('renameConversation', { params: { id }, body });
  const unannounced = async (): Promise<number> =>
    (await instance.sql('SELECT FROM tombstone_news')).length;
  await until('a worker is about to notify', async () => {
    return (
      (await unannounced()) > 0 && fixture.workers().some(({ postgres }) => postgres.held() > 0)
    );
  });
  await Promise.all(fixture.workers().map(({ program }) => program.kill()));
  for (const { postgres } of fixture.workers()) {
    postgres.drop();
    postgres.release();
  }
  expect(await unannounced()).toBeGreaterThan(0);
  expect(shown()).not.toContain(null);

  await Promise.all(fixture.workers().map((worker) => worker.restart()));
  await until('the device shows tombstones', () => shown().every((content) => content === null));
  expect(shown()).toHaveLength(COUNT);
  await until('everything was announced', async () => (await unannounced()) === 0);
  expect(live.violations).toEqual([]);
}, 60_000);
