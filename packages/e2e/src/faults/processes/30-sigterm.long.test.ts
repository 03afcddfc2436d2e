import { connected, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeEach(async () => {
  fixture = await openFaultFixture();
});
afterEach(() => fixture.close());

const outages: [how: string, outage: () => Promise<void>][] = [
  ['with both stores up', async () => undefined],
  ['with Redis down', () => fixture.instance.redis.kill()],
  ['with Redis frozen', async () => fixture.instance.redis.freeze()],
  ['with PostgreSQL frozen', async () => fixture.postgres.freeze()],
];
test.each(outages)(
  '[fault 30] every process exits in time after SIGTERM, %s, with jobs and sockets open',
  async (how, outage) => {
    const { ana, ben, id } = await fixture.pair();
    const sender = await connected(ana.device());
    await connected(ben.on(1).device());
    const { cleo } = await fixture.people.registerAll('cleo');
    const away = await fixture.people.direct(ana, cleo);
    await sender.send(away.id, 'a job');
    await until('there is a job', async () => {
      const [row] = await fixture.instance.sql('SELECT FROM deliveries WHERE user_id = $1', [
        cleo.id,
      ]);
      return row !== undefined;
    });
    await outage();
    const sending = [1, 2, 3].map((i) => sender.send(id, `message ${i}`));
    const programs = [0, 1].flatMap((i) => [fixture.server(i).program, fixture.worker(i).program]);
    const ends = await Promise.all(programs.map((program) => program.stop()));
    for (const { tookMs } of ends) expect(tookMs).toBeLessThan(10_500);
    // A component that does not close is abandoned, with another exit code.
    if (how === 'with both stores up') expect(ends.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    await Promise.all(sending);
  },
  60_000,
);
