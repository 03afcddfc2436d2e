// The program behind `yarn soak`: runs one story after the other on the same processes for some minutes. Exits with 0
// if none of them had violations.
import { parseArgs } from 'node:util';
import { openFaultFixture, type FaultFixture } from '../faults/faultFixture';
import { type Statistics, newStatistics, percentile } from './statistics';
import { runStory } from './runStory';

const SECONDS_PER_STORY = 60;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    seconds: { type: 'string', default: String(SECONDS_PER_STORY) },
    verbose: { type: 'boolean', default: false },
  },
});

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(name, () => interruption.abort());
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} must be a number above 0, not "${text}"`);
}

async function soak(fixture: FaultFixture, statistics: Statistics): Promise<number> {
  const end = performance.now() + numberOf('minutes', values.minutes) * 60_000;
  const seconds = numberOf('seconds', values.seconds);
  const given = values.seed === undefined ? undefined : numberOf('seed', values.seed);
  let failed = 0;
  for (let i = 0; performance.now() < end && !interruption.signal.aborted; i += 1) {
    const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : given + i;
    say(`story ${i + 1}, seed ${seed}`);
    const left = (end - performance.now()) / 1_000;
    const violations = await runStory({
      ...{ fixture, seed, statistics, signal: interruption.signal },
      seconds: Math.max(5, Math.min(seconds, left)),
      say: values.verbose ? (what) => say(`  ${what}`) : undefined,
    });
    for (const why of violations) say(`  ✗ seed ${seed}: ${why}`);
    if (violations.length > 0) failed += 1;
  }
  return failed;
}

function report(statistics: Statistics, failed: number): void {
  const { messages, actions, stories, disruptions, redeliveries, arrivals, recoveredAfterMs } =
    statistics;
  const total = [...disruptions.values()].reduce((sum, count) => sum + count, 0);
  say(`${stories} stories, ${failed} of them failed`);
  say(
    `${messages} messages acknowledged in ${actions} actions; ${redeliveries} sent more than once`,
  );
  say(`${total} disruptions:`);
  for (const [name, count] of [...disruptions].sort((a, b) => b[1] - a[1]))
    say(`  ${count} × ${name}`);
  say(
    `from the commit to a live device, without a disruption: p50 ${percentile(arrivals, 0.5)} ms, ` +
      `p99 ${percentile(arrivals, 0.99)} ms, worst ${percentile(arrivals, 1)} ms`,
  );
  const [median, worst] = [percentile(recoveredAfterMs, 0.5), percentile(recoveredAfterMs, 1)].map(
    (ms) => (ms / 1_000).toFixed(1),
  );
  say(`recovered after the last repair: median ${median} s, worst ${worst} s`);
}

async function main(): Promise<number> {
  const statistics = newStatistics();
  const fixture = await openFaultFixture();
  try {
    const failed = await soak(fixture, statistics);
    report(statistics, failed);
    return failed === 0 ? 0 : 1;
  } finally {
    await fixture.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
