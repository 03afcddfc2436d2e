import { connected, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

/** Shifts the clock of a process by this many minutes. */
function clockOff(minutes: number): Record<string, string> {
  const program = `const RealDate = Date; const off = ${minutes * 60_000};
    globalThis.Date = class extends RealDate {
      constructor(...parts) { if (parts.length === 0) super(RealDate.now() + off); else super(...parts); }
      static now() { return RealDate.now() + off; }
    };`;
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(program)}` };
}

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture({
    envOf: [{}, clockOff(10)],
    workerEnvOf: [clockOff(-10), clockOff(10)],
  });
});
afterAll(() => fixture.close());

test('[fault 26: O, D5] with clocks 10 minutes off, order holds and backoff stays bounded', async () => {
  const { ana, ben, id } = await fixture.pair();
  const { cleo } = await fixture.people.registerAll('cleo');
  const away = await fixture.people.direct(ana, cleo);
  const senders = [await connected(ana.device()), await connected(ana.on(1).device())];
  const devices = [await connected(ben.device()), await connected(ben.on(1).device())];
  for (let i = 0; i < 40; i += 1) await senders[i % 2]?.send(id, `message ${i}`);
  const attempts = senders.flatMap((sender) => sender.attempts);
  const run = { conversationId: id, people: [ana, ben], devices };
  expect(await fixture.violations({ ...run, attempts })).toEqual([]);
  const times = devices[0]?.entries(id).map(({ created_at }) => created_at) ?? [];
  expect(times).toEqual(times.toSorted());

  await senders[1]?.send(away.id, 'from the future');
  const waiting = async (): Promise<{ attempts: number; wait: number } | undefined> => {
    const [row] = await fixture.instance.sql<{ attempts: number; wait: number }>(
      `SELECT attempts, extract(epoch FROM next_at - now())::float8 AS wait
       FROM deliveries WHERE user_id = $1`,
      [cleo.id],
    );
    return row;
  };
  for (const tries of [1, 2, 3]) {
    await until(`attempt ${tries}`, async () => ((await waiting())?.attempts ?? 0) >= tries);
    expect((await waiting())?.wait).toBeLessThan(0.5 * 2 ** 4 * 1.3);
  }
  const back = await connected(cleo.on(1).device());
  expect(back.wire(away.id)).toEqual([1]);
});
