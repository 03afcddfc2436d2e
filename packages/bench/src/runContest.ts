import { releaseGuard } from '@chasqui/testkit';
import type { Contest, Effort, Figures, Running } from './contest';
import { linesOf, type Line } from './figures/lines';
import { createScope, type ClosableScope } from './scope';

export interface ContestOptions {
  readonly effort: Effort;
  /** Runs per contender. */
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly profileTo?: string | undefined;
  /** Receives the scope, so that an interrupt can close it. */
  readonly opened: (scope: ClosableScope) => void;
}

export function roundsOf({ rounds }: Contest, effort: Effort): number {
  return (rounds ?? { quick: 2, full: 5 })[effort];
}

/** Time limit of a row, about five times its usual duration. */
const MOST_MINUTES = { quick: 5, full: 30 };

/**
 * Opens all contenders and runs them alternately, A B C A B C, so that changes on the machine affect all of them. Skips
 * peers that are not installed and says so.
 */
export async function runContest(
  contest: Contest,
  { effort, rounds, say, opened, profileTo }: ContestOptions,
): Promise<Line[]> {
  const scope = createScope(effort, say, profileTo);
  opened(scope);
  const minutes = MOST_MINUTES[effort];
  const tooLong = setTimeout(
    () => scope.fail(new Error(`not done within ${minutes} minutes`)),
    minutes * 60_000,
  );
  try {
    return await scope.unlessFailed(inTurn());
  } finally {
    clearTimeout(tooLong);
    await scope.close();
    // Last: it kills all remaining processes, including servers that are still writing profiles.
    await releaseGuard();
  }

  async function inTurn(): Promise<Line[]> {
    const running = new Map<string, Running>();
    for (const contender of contest.contenders) {
      const missing = contender.missing?.();
      if (missing !== undefined) {
        say(`${contest.name}: without ${contender.name}: ${missing}`);
        continue;
      }
      running.set(contender.name, await contender.open(scope));
      if (scope.isClosed()) return [];
    }
    const runs = new Map<string, Figures[]>([...running.keys()].map((name) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, { run }] of running) {
        const figures = await run();
        if (scope.isClosed()) return [];
        runs.get(name)?.push(figures);
        say(`${contest.name}: ${name}: ${describe(figures)}`);
      }
    }
    return linesOf(contest, runs);
  }
}

function describe(figures: Figures): string {
  return Object.entries(figures)
    .map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`)
    .join(', ');
}
