import { releaseGuard } from '@pern/testing/program';
import type { Contest, Effort, Figures, Running } from './contest';
import { linesOf, type Line } from './figures/lines';
import { createScope, type ClosableScope } from './scope';

export interface ContestOptions {
  readonly effort: Effort;
  /** How often each contender runs. */
  readonly rounds: number;
  readonly say: (line: string) => void;
  readonly profileTo?: string | undefined;
  /** Told the scope, for whoever interrupts. */
  readonly opened: (scope: ClosableScope) => void;
}

export function roundsOf({ rounds }: Contest, effort: Effort): number {
  return (rounds ?? { quick: 2, full: 5 })[effort];
}

/** A row ends by then, whatever hangs; it should take a fifth of it. */
const MOST_MINUTES = { quick: 5, full: 30 };

/**
 * Opens all contenders and lets them run in turn, A B C A B C, so that what changes on the machine
 * meanwhile changes for all. Peers that are not installed are left out with a line that says so.
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
    // Last, and only here: it ends whatever is still running, the servers with their profiles too.
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
