import type { Bound, Comparison, Contest, Figures } from '../contest';
import { median, spread } from './statistics';

/** One line of the table and of the published JSON. */
export interface Line {
  readonly row: string;
  readonly what: string;
  readonly command: string;
  readonly figure: string;
  readonly unit: string;
  readonly projectName: string;
  readonly peerName: string;
  /** Medians over the runs. */
  readonly project: number;
  readonly peer: number;
  /** Median of the ratios of successive runs. */
  readonly ratio: number;
  readonly bound: Bound | null;
  /** Null where there is no bound. */
  readonly met: boolean | null;
  readonly spread: { readonly project: number; readonly peer: number; readonly ratio: number };
  readonly runs: { readonly project: readonly number[]; readonly peer: readonly number[] };
}

/** The runs of each contender by name, in order. */
export type Runs = ReadonlyMap<string, readonly Figures[]>;

/** Returns the lines of a contest, without those of skipped peers. */
export function linesOf(contest: Contest, runs: Runs): Line[] {
  return contest.comparisons.flatMap((comparison) => {
    const project = valuesOf(runs, comparison.project, comparison.figure);
    const peer = valuesOf(runs, comparison.peer, comparison.figure);
    if (project.length === 0 || peer.length === 0) return [];
    return [lineOf(contest, comparison, project, peer)];
  });
}

function valuesOf(runs: Runs, contender: string, figure: string): number[] {
  return (runs.get(contender) ?? []).flatMap((figures) => figures[figure] ?? []);
}

function lineOf(
  contest: Contest,
  { figure, unit, bound, ...names }: Comparison,
  project: readonly number[],
  peer: readonly number[],
): Line {
  const ratios = project.map((value, i) => value / (peer[i] ?? median(peer)));
  const ratio = median(ratios);
  return {
    row: contest.name,
    what: contest.what,
    command: `yarn bench ${contest.name}`,
    ...{ figure, unit, projectName: names.project, peerName: names.peer },
    ...{ project: median(project), peer: median(peer), ratio },
    bound: bound ?? null,
    met: bound === undefined ? null : isWithin(ratio, bound),
    spread: { project: spread(project), peer: spread(peer), ratio: spread(ratios) },
    runs: { project, peer },
  };
}

function isWithin(ratio: number, bound: Bound): boolean {
  return 'atLeast' in bound ? ratio >= bound.atLeast : ratio <= bound.atMost;
}

/** Names what a line compares against: the peer, or both contenders when the project is compared with itself. */
export function againstOf({ projectName, peerName }: Line): string {
  return projectName === 'project' ? peerName : `${projectName} / ${peerName}`;
}
