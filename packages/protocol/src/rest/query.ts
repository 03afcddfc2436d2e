import * as z from 'zod';
import { PAGE_DEFAULT, PAGE_MAX } from '../limits';
import { cursor } from '../text/text';

/**
 * The query of an endpoint. A repeated parameter arrives as an array and is refused like any other wrong type. Names with
 * brackets (`id[$ne]=`) are refused too, whether or not the query parser turned them into an object.
 */
export function query<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.preprocess(refuseBrackets, z.object(shape));
}

function refuseBrackets(value: unknown, context: z.core.$RefinementCtx): unknown {
  if (typeof value === 'object' && value !== null && Object.keys(value).some(hasBracket)) {
    context.addIssue({ code: 'custom', message: 'must have plain names, without brackets' });
    return z.NEVER;
  }
  return value;
}

function hasBracket(name: string): boolean {
  return name.includes('[');
}

/** A whole number in a query, written in plain decimal digits: no sign, no exponent, no hex, not empty. */
export function wholeNumber(minimum: number, maximum: number) {
  const message = `must be a whole number from ${minimum} to ${maximum}`;
  return z
    .unknown()
    .transform((value, context) => {
      const number = typeof value === 'string' && /^\d{1,16}$/.test(value) ? Number(value) : NaN;
      if (number >= minimum && number <= maximum) return number;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    })
    .meta({ type: 'integer', minimum, maximum });
}

/** Items on a page: 1 to 100; other values are refused. */
export const limit = wholeNumber(1, PAGE_MAX)
  .default(PAGE_DEFAULT)
  .meta({ description: `Items on a page; default ${PAGE_DEFAULT}.` });

/** The two parameters of every paged list. */
export const page = { limit, cursor: cursor.optional() };

const nextCursor = cursor.nullable().meta({ description: 'null on the last page.' });

/** The answer of a paged list: its items and the next cursor. */
export function paged<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  return z.object({ ...shape, next_cursor: nextCursor });
}
