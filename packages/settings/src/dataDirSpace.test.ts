import { tmpdir } from 'node:os';
import { quietLog, until } from '@chasqui/testkit';
import { spaceLevel, type SpaceReading, type SpaceWatch, watchSpace } from './dataDirSpace';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

test.each([
  [100, 1000, 'enough'],
  [19, 1000, 'low'],
  [3, 1000, 'critical'],
  [3, 20, 'enough'],
  [1.5, 20, 'low'],
  [0.3, 20, 'critical'],
  [0.9, 1, 'low'],
  [0.1, 1, 'critical'],
  [0, 1, 'critical'],
] as const)('%d GiB free of %d GiB is %s', (free, total, level) => {
  expect(spaceLevel({ freeBytes: free * GIB, totalBytes: total * GIB })).toBe(level);
});

describe('a disk that fills up', () => {
  let reading: SpaceReading | Error;
  let reads: number;
  let log: ReturnType<typeof quietLog>;
  let watch: SpaceWatch;

  beforeEach(() => {
    reading = { freeBytes: 500 * GIB, totalBytes: 1000 * GIB };
    reads = 0;
    log = quietLog();
    watch = watchSpace({
      folder: '/data',
      log,
      everyMs: 1,
      async read() {
        reads += 1;
        if (reading instanceof Error) throw reading;
        return reading;
      },
    });
  });
  afterEach(() => watch.stop());

  async function goesTo(next: SpaceReading | Error): Promise<void> {
    reading = next;
    const seen = reads;
    // The second reading starts only after the first has been processed.
    await until('the disk was read again', () => reads > seen + 1);
  }
  const free = (mib: number) => goesTo({ freeBytes: mib * MIB, totalBytes: 1000 * GIB });
  const logged = () => log.lines.map(({ level, message }) => `${level} ${message.split(':')[0]}`);

  test('is logged once per threshold, and once when space is available again', async () => {
    await free(15 * 1024);
    await free(14 * 1024);
    expect(logged()).toEqual(['warn low disk space']);
    await free(200);
    await free(100);
    await free(200);
    expect(logged()).toEqual(['warn low disk space', 'error low disk space']);
    await free(500 * 1024);
    expect(logged().at(-1)).toBe('info the disk has enough free space again');
    await free(15 * 1024);
    expect(logged().at(-1)).toBe('warn low disk space');
    expect(logged()).toHaveLength(4);
  });

  test('causes a warning while space is low', async () => {
    await goesTo({ freeBytes: 500 * GIB, totalBytes: 1000 * GIB });
    expect(watch.warnings()).toEqual([]);
    await free(200);
    expect(watch.warnings()).toEqual(['the disk is nearly full']);
    await free(15 * 1024);
    expect(watch.warnings()).toEqual(['disk space is low']);
    await free(200);
    expect(watch.freeBytes()).toBe(200 * MIB);
    await free(500 * 1024);
    expect(watch.warnings()).toEqual([]);
  });

  test('that cannot be read is logged once and causes no warning', async () => {
    await goesTo(new Error('no such folder'));
    await goesTo(new Error('no such folder'));
    expect(logged()).toEqual(['warn could not read the free disk space']);
    expect(watch.freeBytes()).toBeNull();
    expect(watch.warnings()).toEqual([]);
  });
});

test('the free space of a real disk is read', async () => {
  const watch = watchSpace({ folder: tmpdir(), log: quietLog() });
  await until('the free space was read', () => watch.freeBytes() !== null);
  expect(watch.freeBytes()).toBeGreaterThanOrEqual(0);
  watch.stop();
});

test('nothing is watched without a folder', () => {
  const watch = watchSpace({ folder: undefined, log: quietLog() });
  expect([watch.freeBytes(), watch.warnings()]).toEqual([null, []]);
  watch.stop();
});
