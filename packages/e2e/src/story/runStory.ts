import { endsWithin } from '@chasqui/foundation';
import type { FaultFixture } from '../faults/faultFixture';
import { randomness, type Randomness } from '@chasqui/testkit';
import { openScenario } from './scenario';
import type { Action } from './actions/action';
import { actions } from './actions/allActions';
import { type Statistics, recordArrival } from './statistics';
import { findStoryViolations } from './storyViolations';
import { type Disruption, disruptions } from './disruptions';

export interface StoryOptions {
  fixture: FaultFixture;
  seed: number;
  /** Duration of actions and disruptions; repair and checks come on top. */
  seconds: number;
  /** Excludes disruptions that can last longer, in milliseconds. */
  longestDisruptionMs?: number;
  statistics: Statistics;
  signal?: AbortSignal;
  say?: (what: string) => void;
}

/** Pause between two actions, milliseconds. */
const BETWEEN_ACTIONS_MS = 15;
const BETWEEN_DISRUPTIONS_MS = 2_500;
/** For this long after a repair, delivery times are not recorded. */
const SETTLING_MS = 5_000;

/**
 * Runs one story: random actions during random disruptions, then repairs, reconnects and checks. Resolves to the
 * violations as text. A seed repeats all choices and their order, but not their timing.
 */
export async function runStory(options: StoryOptions): Promise<string[]> {
  const { fixture, seed, seconds, statistics, signal, say = () => undefined } = options;
  // Separate generators, so that an additional choice in one does not affect the others.
  const [castRandom, actionRandom, disruptionRandom] = [0, 1, 2].map((n) =>
    randomness((seed + n * 7_919) | 0),
  );
  if (castRandom === undefined || actionRandom === undefined || disruptionRandom === undefined)
    throw new Error('no seed');
  let disrupted = 0;
  let healedAt = -Infinity;
  const scenario = await openScenario({
    ...{
      people: fixture.people,
      random: castRandom,
      urls: fixture.instance.nodes.map(({ url }) => url),
    },
    onArrival(message) {
      if (disrupted === 0 && performance.now() - healedAt > SETTLING_MS)
        recordArrival(statistics, message);
    },
  });
  const end = performance.now() + seconds * 1_000;
  const isOver = (): boolean => performance.now() > end || signal?.aborted === true;

  const underWay = new Set<Promise<void>>();
  async function act(): Promise<void> {
    while (!isOver()) {
      const action = pick(actions, actionRandom as Randomness);
      statistics.actions += 1;
      const running = action
        .act({ scenario, people: fixture.people, random: actionRandom as Randomness })
        .catch((error: unknown) => {
          scenario.violations.push(`${action.name}: ${String(error)}`);
        });
      underWay.add(running);
      void running.then(() => underWay.delete(running));
      await pause(BETWEEN_ACTIONS_MS);
    }
  }

  async function disrupt(random: Randomness): Promise<void> {
    const allowed = disruptions.filter(
      ({ maxMs }) => maxMs <= (options.longestDisruptionMs ?? Infinity),
    );
    while (!isOver()) {
      await pause(random.below(BETWEEN_DISRUPTIONS_MS));
      const disruption = pick(allowed, random);
      const lastsMs = random.below(disruption.maxMs + 1);
      if (isOver()) return;
      say(`${disruption.name}, ${lastsMs} ms`);
      statistics.disruptions.set(
        disruption.name,
        (statistics.disruptions.get(disruption.name) ?? 0) + 1,
      );
      disrupted += 1;
      const heal = await disruption.start(fixture, random);
      await pause(lastsMs);
      await heal();
      disrupted -= 1;
      healedAt = performance.now();
    }
  }

  await Promise.all([act(), disrupt(disruptionRandom)]);
  say('everything is healed');
  const healed = performance.now();
  await Promise.all(scenario.clients.map((client) => client.open()));
  if (!(await endsWithin(Promise.all(underWay), 100_000))) {
    scenario.violations.push('stuck: some actions did not end within 100 s');
  }
  const violations = await findStoryViolations(fixture, scenario);
  statistics.recoveredAfterMs.push(performance.now() - healed);
  statistics.stories += 1;
  statistics.messages += scenario.intents.filter(
    ({ outcome }) => outcome === 'acknowledged',
  ).length;
  statistics.redeliveries += scenario.clients.reduce(
    (sum, { device }) => sum + device.repeats(),
    0,
  );
  for (const { device } of scenario.clients) device.retire();
  return violations;
}

function pick<T extends Action | Disruption>(from: readonly T[], random: Randomness): T {
  let left = random.below(from.reduce((sum, { weight }) => sum + weight, 0));
  for (const one of from) {
    left -= one.weight;
    if (left < 0) return one;
  }
  return random.pick(from);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
