/** What one run of a contender gave, by the name of the figure. */
export type Figures = Readonly<Record<string, number>>;

/** How thoroughly: `quick` fits a row into a minute, `full` is what the published table is made of. */
export type Effort = 'quick' | 'full';

/** Takes what must be closed, whatever happens; closes it last in, first out. */
export interface Scope {
  readonly effort: Effort;
  /** The folder for CPU profiles of the project's servers; none are made without it. */
  readonly profileTo: string | undefined;
  /** For progress that a person watching likes to see. */
  say(line: string): void;
  onClose(close: () => unknown): void;
  /** Something broke beside the run, such as a lost connection: ends the row. */
  fail(error: Error): void;
}

/** Open and at work: `run` may be called any number of times. */
export interface Running {
  /** One window of load. Throws when what was acknowledged is not what was stored and received. */
  run(): Promise<Figures>;
}

export interface Contender {
  /** As the table calls it. */
  readonly name: string;
  /** What has to be installed first, in one line; undefined when nothing is missing. */
  missing?(): string | undefined;
  open(scope: Scope): Promise<Running>;
}

export type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** One line of the table: a figure of one contender over the same figure of another. */
export interface Comparison {
  readonly figure: string;
  readonly unit: string;
  /** Names of contenders; the ratio is project / peer. */
  readonly project: string;
  readonly peer: string;
  /** None for a line that is there to compare with. */
  readonly bound?: Bound;
}

/** A row that `yarn bench NAME` runs: contenders in turn, in one run, on the same cores. */
export interface Contest {
  readonly name: string;
  readonly what: string;
  /** How often in turn; many short runs where what is compared takes milliseconds. 2 or 5 unless told. */
  readonly rounds?: Readonly<Record<Effort, number>>;
  readonly contenders: readonly Contender[];
  readonly comparisons: readonly Comparison[];
}
