import { type Person, until } from '@chasqui/testkit';
import { figuresOf } from '../figures';
import { connected, openScene, type Scene, upTo } from '../scene';

const USERS = 100;
const DEVICES_OF_EACH = 20;
const WAITING = 50;

/** Lets a process collect its garbage when it is told to: V8 alone may leave it for as long as it likes. */
const collector = `import { setFlagsFromString } from 'node:v8'; import { runInNewContext } from 'node:vm';
  setFlagsFromString('--expose-gc'); const collect = runInNewContext('gc');
  process.on('SIGUSR2', () => collect());`;
const NODE_OPTIONS = `--import=data:text/javascript,${encodeURIComponent(collector)}`;

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ wired: false, envOf: [{ NODE_OPTIONS }, { NODE_OPTIONS }] });
});
afterAll(() => scene.close());

const figures = async (index: number) => {
  const figure = await figuresOf(scene.instance.url(index));
  return {
    heap: figure('nodejs_heap_size_used_bytes'),
    connections: figure('chasqui_connections'),
    stall: figure('chasqui_event_loop_delay_seconds{state="max"}'),
  };
};

async function collected() {
  for (const index of [0, 1]) process.kill(scene.server(index).program.pid, 'SIGUSR2');
  return Promise.all([figures(0), figures(1)]);
}

/** Looks at both nodes until told to stop, and keeps the longest stall. */
function watch(): { stop(): Promise<number> } {
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

async function inGroups<T>(items: T[], size: number, work: (item: T) => Promise<unknown>) {
  for (let i = 0; i < items.length; i += size) {
    await Promise.all(items.slice(i, i + size).map(work));
  }
}

test('[fault 28: L, D] 2,000 devices with 50 messages each come back at once: all drained, no pool time-out, no stall over a second', async () => {
  const crowd: Person[] = [];
  await inGroups(upTo(USERS), 10, async () => crowd.push(await scene.people.register('herd')));
  const [ana] = crowd;
  if (ana === undefined) throw new Error('nobody is there');
  const rooms = upTo(10).map((i) => crowd.slice(i === 1 ? 1 : (i - 1) * 10, i * 10));
  const ids = await Promise.all(
    rooms.map(async (room) => (await scene.people.group(ana, ...room)).id),
  );
  const herd = rooms.flatMap((room, r) =>
    room.flatMap((person, i) =>
      upTo(DEVICES_OF_EACH).map((n) => ({
        id: ids[r] ?? '',
        device: person.on((i + n) % 2).device({ batch: true }),
      })),
    ),
  );
  await inGroups(herd, 100, async ({ device }) => connected(device, 60_000));
  for (const { device } of herd) device.disconnect();
  await until('all are gone', async () => {
    const now = await Promise.all([figures(0), figures(1)]);
    return now.every(({ connections }) => connections === 0);
  });
  const before = await collected();

  const sender = await connected(ana.device({ brief: true }));
  await Promise.all(ids.flatMap((id) => upTo(WAITING).map((n) => sender.send(id, `message ${n}`))));
  expect(sender.attempts.filter(({ outcome }) => outcome !== 'acknowledged')).toEqual([]);
  const watching = watch();
  // Who is refused for lack of a place comes again, like every client.
  await Promise.all(herd.map(({ device }) => device.stayConnected()));
  await until(
    'all are drained',
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
    expect(scene.server(index).program.output()).not.toMatch(/AcquireTimeout/);
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
