import { withTimeout } from '@chasqui/foundation';
import type { Scene } from '../faults/scene';
import { randomness, type Randomness } from '@chasqui/testkit';
import { type Company, gatherCompany } from './company';
import { type Deed, deeds } from './deeds';
import { type Figures, noteArrival } from './figures';
import { judgeStory } from './judgement';
import { type Mishap, mishaps } from './mishaps';

export interface StoryOptions {
  scene: Scene;
  seed: number;
  /** How long people act and parts break; mending and judging come on top. */
  seconds: number;
  /** Mishaps that last no longer than this, milliseconds. */
  longestMishapMs?: number;
  figures: Figures;
  signal?: AbortSignal;
  say?: (what: string) => void;
}

/** A pause between two deeds, milliseconds. */
const BETWEEN_DEEDS_MS = 15;
const BETWEEN_MISHAPS_MS = 2_500;
/** A message is near a mishap for so long after it was mended. */
const NEAR_MS = 5_000;

/**
 * One story from a seed: people act at random while parts break at random; then all is mended, everybody
 * comes back, and it is judged. Resolves to what is wrong, in words. The seed repeats what is chosen,
 * and in which order; what the machine makes of it takes its own time.
 */
export async function tellStory(options: StoryOptions): Promise<string[]> {
  const { scene, seed, seconds, figures, signal, say = () => undefined } = options;
  // Apart, so that a choice more in one does not change the others.
  const [cast, acts, breaks] = [0, 1, 2].map((n) => randomness((seed + n * 7_919) | 0));
  if (cast === undefined || acts === undefined || breaks === undefined) throw new Error('no seed');
  let troubled = 0;
  let mendedAt = -Infinity;
  const company = await gatherCompany({
    ...{ people: scene.people, random: cast, urls: scene.instance.nodes.map(({ url }) => url) },
    onArrival(message) {
      if (troubled === 0 && performance.now() - mendedAt > NEAR_MS) noteArrival(figures, message);
    },
  });
  const end = performance.now() + seconds * 1_000;
  const isOver = (): boolean => performance.now() > end || signal?.aborted === true;

  const underWay = new Set<Promise<void>>();
  async function live(): Promise<void> {
    while (!isOver()) {
      const deed = pick(deeds, acts as Randomness);
      figures.deeds += 1;
      const act = deed
        .act({ company, people: scene.people, random: acts as Randomness })
        .catch((error: unknown) => {
          company.violations.push(`${deed.name}: ${String(error)}`);
        });
      underWay.add(act);
      void act.then(() => underWay.delete(act));
      await pause(BETWEEN_DEEDS_MS);
    }
  }

  async function breakThings(random: Randomness): Promise<void> {
    const fit = mishaps.filter(({ forMs }) => forMs <= (options.longestMishapMs ?? Infinity));
    while (!isOver()) {
      await pause(random.below(BETWEEN_MISHAPS_MS));
      const mishap = pick(fit, random);
      const forMs = random.below(mishap.forMs + 1);
      if (isOver()) return;
      say(`${mishap.name}, ${forMs} ms`);
      figures.mishaps.set(mishap.name, (figures.mishaps.get(mishap.name) ?? 0) + 1);
      troubled += 1;
      const mend = await mishap.strike(scene, random);
      await pause(forMs);
      await mend();
      troubled -= 1;
      mendedAt = performance.now();
    }
  }

  await Promise.all([live(), breakThings(breaks)]);
  say('all is mended');
  const mended = performance.now();
  await Promise.all(company.readers.map((reader) => reader.open()));
  await within(100_000, Promise.all(underWay)).catch(() =>
    company.violations.push('stuck: not all that was begun came to an end in 100 s'),
  );
  const wrong = await judgeStory(scene, company);
  figures.wholeAfter.push(performance.now() - mended);
  figures.stories += 1;
  figures.messages += company.intents.filter(({ outcome }) => outcome === 'acknowledged').length;
  figures.redeliveries += company.readers.reduce((sum, { device }) => sum + device.repeats(), 0);
  disconnectReaders(company);
  return wrong;
}

function disconnectReaders({ readers }: Company): void {
  for (const { device } of readers) device.retire();
}

function pick<T extends Deed | Mishap>(from: readonly T[], random: Randomness): T {
  let left = random.below(from.reduce((sum, { weight }) => sum + weight, 0));
  for (const one of from) {
    left -= one.weight;
    if (left < 0) return one;
  }
  return random.pick(from);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const within = (ms: number, work: Promise<unknown>): Promise<unknown> =>
  withTimeout(work, ms, () => {
    throw new Error('too late');
  });
