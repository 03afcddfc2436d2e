import * as z from 'zod';
import { missingOr } from './wording';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the text is a UUID of any version, in either case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** An id of a user, conversation or message: any version and case in, lower case out, so that ids compare as text. */
export const uuid = z
  .string({ error: missingOr('must be a UUID') })
  .regex(UUID, { error: 'must be a UUID' })
  .toLowerCase()
  .meta({ format: 'uuid', pattern: undefined });

const SEQ_RANGE = 'must be a whole number from 1 to 9007199254740991';

/** The place of an entry in its conversation: 1, 2, 3, … without gaps (D3). Beyond 2^53-1 a JSON number lies. */
export const seqNumber = z
  .int({ error: missingOr(SEQ_RANGE) })
  .min(1, { error: missingOr(SEQ_RANGE) })
  .meta({ description: 'A place in the conversation: 1, 2, 3, … without gaps, in commit order.' });

/** "Up to and including this seq"; 0 is before the first entry. */
export const position = z
  .int()
  .min(0)
  .meta({ description: 'Up to and including this seq; 0 is before the first entry.' });

/** A conversation's version, or an entry's: it only rises, and the higher one wins. */
export const version = z
  .int()
  .min(0)
  .meta({ description: 'Only rises; of two states the higher one wins.' });
