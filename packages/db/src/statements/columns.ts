import type { RawRow } from './statement';

/**
 * Decoders of columns. Each checks the type that the driver returned and throws a TypeError that names the
 * expected and the actual type, never the value: rows hold personal data, and errors are logged.
 */
export type Decoder<T> = (value: unknown) => T;

export const text: Decoder<string> = (value) => {
  if (typeof value === 'string') return value;
  throw mismatch('text', value);
};

/**
 * A number: `integer` and `float8` as they are, `bigint` (which the driver returns as a string) when it is
 * exact as a number. Seqs, versions and positions stay far below 2^53.
 */
export const number: Decoder<number> = (value) => {
  if (typeof value === 'number') return value;
  const parsed = typeof value === 'string' && value !== '' ? Number(value) : NaN;
  if (Number.isSafeInteger(parsed)) return parsed;
  throw mismatch('a number', value);
};

export const flag: Decoder<boolean> = (value) => {
  if (typeof value === 'boolean') return value;
  throw mismatch('a boolean', value);
};

export const bytes: Decoder<Buffer> = (value) => {
  if (Buffer.isBuffer(value)) return value;
  throw mismatch('bytea', value);
};

/** A `timestamptz`, or milliseconds since 1970. */
export const time: Decoder<Date> = (value) => {
  if (value instanceof Date) return value;
  if (typeof value === 'number') return new Date(value);
  throw mismatch('a time', value);
};

/** One of a closed set of texts. */
export function oneOf<const T extends string>(...allowed: readonly T[]): Decoder<T> {
  return (value) => {
    const found = allowed.find((each) => each === value);
    if (found !== undefined) return found;
    throw mismatch(`one of ${allowed.join(', ')}`, value);
  };
}

export function nullable<T>(decode: Decoder<T>): Decoder<T | null> {
  return (value) => (value === null ? null : decode(value));
}

export function listOf<T>(decode: Decoder<T>): Decoder<T[]> {
  return (value) => {
    if (Array.isArray(value)) return value.map(decode);
    throw mismatch('an array', value);
  };
}

/**
 * A `json` value that only this application writes, such as the event of an entry. Its shape is not checked: the
 * column's writer has the same type.
 */
export function json<T extends object>(): Decoder<T> {
  return (value) => {
    if (typeof value === 'object' && value !== null) return value as T;
    throw mismatch('json', value);
  };
}

/** Decodes rows of one column. */
export function column<T>(decode: Decoder<T>): (row: RawRow) => T {
  return (row) => {
    if (row.length !== 1) throw new TypeError(`expected 1 column, found ${row.length}`);
    return decode(row[0]);
  };
}

/**
 * Decodes rows into objects. The keys are in the order of the SELECT list, so this is the only place that
 * knows a column's position. It costs about 40 ns per column; where a statement returns rows by the hundred
 * to every message, write the decoder by hand from the ones above.
 */
export function columns<Row extends object>(decoders: {
  readonly [Name in keyof Row]: Decoder<Row[Name]>;
}): (row: RawRow) => Row {
  const entries = Object.entries<Decoder<unknown>>(decoders);
  return (row) => {
    if (row.length !== entries.length) {
      throw new TypeError(`expected ${entries.length} columns, found ${row.length}`);
    }
    const decoded: Record<string, unknown> = {};
    let current = '';
    let at = 0;
    try {
      for (const [name, decode] of entries) {
        current = name;
        decoded[name] = decode(row[at]);
        at += 1;
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new TypeError(`column ${current}: ${reason}`, { cause: error });
    }
    // The loop has set every key of Row to the result of its decoder.
    return decoded as Row;
  };
}

function mismatch(expected: string, value: unknown): TypeError {
  const found = value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
  return new TypeError(`expected ${expected}, found ${found}`);
}
