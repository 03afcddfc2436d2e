/** Runs prepared statements: the pool, one transaction, or one snapshot. */
export interface Querier {
  /**
   * Runs one statement, prepared under `name` once per connection, and returns its rows as arrays.
   * Values bind to `$1`, `$2`, … Throws what `toStoreError` translates.
   */
  query(name: string, text: string, values: unknown[]): Promise<unknown[][]>;
}

/** A row as the driver returns it: one value per column, in the order of the SELECT list. */
export type RawRow = readonly unknown[];

/** One SQL statement with the type of its rows. */
export interface Statement<Row> {
  /** Unique among all statements: PostgreSQL prepares the text under it, and decoding errors cite it. */
  readonly name: string;
  readonly sql: string;
  /** All rows. */
  rows(on: Querier, ...values: unknown[]): Promise<Row[]>;
  /** The first row; undefined when there is none. */
  row(on: Querier, ...values: unknown[]): Promise<Row | undefined>;
}

/** One SQL statement whose rows carry no data, such as a write. */
export interface Command {
  readonly name: string;
  readonly sql: string;
  /** Resolves with the number of rows that RETURNING or SELECT produced. */
  run(on: Querier, ...values: unknown[]): Promise<number>;
}

/**
 * Declares a statement: its name, its text with positional binds, and the decoder that turns a raw row into
 * a typed one. Declare it at module level; a name that is declared twice with different texts throws at once
 * instead of on whichever connection prepares both.
 */
export function statement<Row>(
  name: string,
  sql: string,
  decode: (row: RawRow) => Row,
): Statement<Row> {
  declare(name, sql);
  const decoded = (row: RawRow): Row => {
    try {
      return decode(row);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TypeError(`statement ${name}: ${reason}`, { cause: error });
    }
  };
  return {
    name,
    sql,
    async rows(on, ...values) {
      return (await on.query(name, sql, values)).map(decoded);
    },
    async row(on, ...values) {
      const [first] = await on.query(name, sql, values);
      return first === undefined ? undefined : decoded(first);
    },
  };
}

/** Declares a statement without columns to decode. */
export function command(name: string, sql: string): Command {
  declare(name, sql);
  return {
    name,
    sql,
    async run(on, ...values) {
      return (await on.query(name, sql, values)).length;
    },
  };
}

const texts = new Map<string, string>();

function declare(name: string, sql: string): void {
  const other = texts.get(name);
  if (other !== undefined && other !== sql) {
    throw new Error(`two statements are named ${name}: give one of them another name`);
  }
  texts.set(name, sql);
}
