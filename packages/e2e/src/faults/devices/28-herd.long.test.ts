import { connected, type Person, until } from '@chasqui/testkit';
import { metricsOf } from '../metrics';
import { openFaultFixture, type FaultFixture, upTo } from '../faultFixture';

const USERS = 100;
const DEVICES_OF_EACH = 20;
const WAITING = 50;

/** Collects garbage on SIGUSR2, because V8 may delay a collection indefinitely. */
const collector = `import { setFlagsFromString } from 'node:v8'; import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc'); const collect = runInNewContext('gc');
  process.on('SIGUSR2', () => collect());`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(collector)}`;

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture({ proxied: false, envOf: [{ NODE_OPTIONS }, { NODE_OPTIONS }] });
});
afterAll(() => fixture.close());

const figures = async (index: number) => {
  const metric = await metricsOf(fixture.instance.url(index));
  return {
    heap: metric('nodejs_heap_size_used_bytes'),
    connections: metric('chasqui_connections'),
    stall: metric('chasqui_event_loop_delay_seconds{state="max"}'),
  };
};

async function collected() {
  for (const index of [0, 1]) process.kill(fixture.server(index).program.pid, 'SIGUSR2');
  return Promise.all([figures(0), figures(1)]);
}

/** Polls both nodes until `stop`, which resolves to the longest stall in seconds. */
function watchStalls(): { stop(): Promise<number> } {
  let longest = 0;
  let stopped = false;
  const watching = (async () => {
    while (!stopped) {
      for (const index of [0, 1]) {
        longest = Math.max(longest, (await figures(index)).stall);
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  return {
    async stop() {
      stopped = true;
      await watching;
      return longest;
    },
  };
}

async function inBatches<T>(items: T[], size: number, work: (item: T) => Promise<unknown>) {
  for (let i = 0; i < items.length; i += size) {
    await Promise.all(items.slice(i, i + size).map(work));
  }
}

test('[fault 28: L, D] 2,000 devices with 50 messages each reconnect at once without a pool time-out or a stall over a second', async () => {
  const users: Person[] = [];
  await inBatches(upTo(USERS), 10, async () => users.push(await fixture.people.register('herd')));
  const [ana] = users;
  if (ana === undefined) throw new Error('no users');
  const groups = upTo(10).map((i) => users.slice(i === 1 ? 1 : (i - 1) * 10, i * 10));
  const ids = await Promise.all(
    groups.map(async (members) => (await fixture.people.group(ana, ...members)).id),
  );
  const herd = groups.flatMap((members, g) =>
    members.flatMap((person, i) =>
      upTo(DEVICES_OF_EACH).map((n) => ({
        id: ids[g] ?? '',
        device: person.on((i + n) % 2).device({ batch: true }),
      })),
    ),
  );
  await inBatches(herd, 100, async ({ device }) => connected(device, 60_000));
  for (const { device } of herd) device.disconnect();
  await until('all devices are disconnected', async () => {
    const now = await Promise.all([figures(0), figures(1)]);
    return now.every(({ connections }) => connections === 0);
  });
  const before = await collected();

  const sender = await connected(ana.device({ brief: true }));
  await Promise.all(ids.flatMap((id) => upTo(WAITING).map((n) => sender.send(id, `message ${n}`))));
  expect(sender.attempts.filter(({ outcome }) => outcome !== 'acknowledged')).toEqual([]);
  const watching = watchStalls();
  // A device refused for lack of capacity retries, like every client.
  await Promise.all(herd.map(({ device }) => device.stayConnected()));
  await until(
    'all backlogs were sent',
    () => herd.every(({ device }) => device.received('chat:queue_empty', 'now').length === 1),
    120_000,
  );
  const stall = await watching.stop();
  for (const { id, device } of herd) {
    expect(device.wire(id).slice(-WAITING)).toEqual(upTo(WAITING, 2));
    expect(device.violations).toEqual([]);
  }
  expect(stall).toBeLessThan(1);
  for (const index of [0, 1]) {
    expect(fixture.server(index).program.output()).not.toMatch(/AcquireTimeout/);
  }
  for (const { device } of herd) device.disconnect();
  await until(
    'memory is back to normal',
    async () => {
      const now = await collected();
      return now.every(({ heap }, i) => heap < (before[i]?.heap ?? 0) + 64 * 1024 * 1024);
    },
    60_000,
  );
}, 400_000);
