// What `yarn soak` runs once everything is built: story after story for so many minutes, on the same
// processes. Exit code 0 when all of them ended well.
import { parseArgs } from 'node:util';
import { openScene, type Scene } from '../faults/scene';
import { type Figures, newFigures, percentile } from './figures';
import { tellStory } from './tellStory';

const SECONDS_PER_STORY = 60;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
    seconds: { type: 'string', default: String(SECONDS_PER_STORY) },
    verbose: { type: 'boolean', default: false },
  },
});

const over = new AbortController();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => over.abort());
const say = (line: string): void => void process.stdout.write(`${line}\n`);

function numberOf(name: string, text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0) return value;
  throw new Error(`--${name} must be a number above 0, not "${text}"`);
}

async function soak(scene: Scene, figures: Figures): Promise<number> {
  const end = performance.now() + numberOf('minutes', values.minutes) * 60_000;
  const seconds = numberOf('seconds', values.seconds);
  const given = values.seed === undefined ? undefined : numberOf('seed', values.seed);
  let bad = 0;
  for (let i = 0; performance.now() < end && !over.signal.aborted; i += 1) {
    const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : given + i;
    say(`story ${i + 1}, seed ${seed}`);
    const left = (end - performance.now()) / 1_000;
    const wrong = await tellStory({
      ...{ scene, seed, figures, signal: over.signal },
      seconds: Math.max(5, Math.min(seconds, left)),
      say: values.verbose ? (what) => say(`  ${what}`) : undefined,
    });
    for (const why of wrong) say(`  ✗ seed ${seed}: ${why}`);
    if (wrong.length > 0) bad += 1;
  }
  return bad;
}

function report(figures: Figures, bad: number): void {
  const { messages, deeds, stories, mishaps, redeliveries, arrivals, wholeAfter } = figures;
  const struck = [...mishaps.values()].reduce((sum, count) => sum + count, 0);
  say(`${stories} stories, ${bad} of them ended badly`);
  say(
    `${messages} messages acknowledged in ${deeds} deeds; ${redeliveries} sent again on the wire`,
  );
  say(`${struck} mishaps:`);
  for (const [name, count] of [...mishaps].sort((a, b) => b[1] - a[1])) say(`  ${count} × ${name}`);
  say(
    `from the commit to a live device, no mishap near: p50 ${percentile(arrivals, 0.5)} ms, ` +
      `p99 ${percentile(arrivals, 0.99)} ms, worst ${percentile(arrivals, 1)} ms`,
  );
  const [middle, worst] = [percentile(wholeAfter, 0.5), percentile(wholeAfter, 1)].map((ms) =>
    (ms / 1_000).toFixed(1),
  );
  say(`whole again after the last mending: middle ${middle} s, worst ${worst} s`);
}

async function main(): Promise<number> {
  const figures = newFigures();
  const scene = await openScene();
  try {
    const bad = await soak(scene, figures);
    report(figures, bad);
    return bad === 0 ? 0 : 1;
  } finally {
    await scene.close();
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(1);
  },
);
