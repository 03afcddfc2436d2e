/** The result of one run of a contender, by figure name. */
export type Figures = Readonly<Record<string, number>>;

/** `quick` measures a row within a minute; the published table comes from `full`. */
export type Effort = 'quick' | 'full';

/** Collects resources and always closes them, last in, first out. */
export interface Scope {
  readonly effort: Effort;
  /** The folder for CPU profiles of the project's servers; undefined to record none. */
  readonly profileTo: string | undefined;
  /** Prints progress. */
  say(line: string): void;
  onClose(close: () => unknown): void;
  /** Ends the row because of an error outside the run, such as a lost connection. */
  fail(error: Error): void;
}

/** An open contender. `run` may be called repeatedly. */
export interface Running {
  /** Runs the load once. Throws when the acknowledged messages are not exactly the stored and received ones. */
  run(): Promise<Figures>;
}

export interface Contender {
  /** The name in the table. */
  readonly name: string;
  /** One line that says what has to be installed first; undefined when nothing is missing. */
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
  /** Missing for a line that is only informative. */
  readonly bound?: Bound;
}

/** A row, run by `npm run bench -- NAME`: its contenders run alternately on the same cores. */
export interface Contest {
  readonly name: string;
  readonly what: string;
  /** Runs per contender, 2 (quick) or 5 (full) by default. Use many when a run takes only milliseconds. */
  readonly rounds?: Readonly<Record<Effort, number>>;
  readonly contenders: readonly Contender[];
  readonly comparisons: readonly Comparison[];
}
