import * as z from 'zod';
import { missingOr } from './wording';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Whether the text is a UUID of any version, in either case. */
export function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

/** An id of a user, conversation or message. Accepts any version and case and returns lower case, so that ids compare as text. */
export const uuid = z
  .string({ error: missingOr('must be a UUID') })
  .regex(UUID, { error: 'must be a UUID' })
  .toLowerCase()
  .meta({ format: 'uuid', pattern: undefined });

const SEQ_RANGE = 'must be a whole number from 1 to 9007199254740991';

/** The position of an entry in its conversation: 1, 2, 3, … without gaps (D3). JSON numbers are exact up to 2^53-1. */
export const seqNumber = z
  .int({ error: missingOr(SEQ_RANGE) })
  .min(1, { error: missingOr(SEQ_RANGE) })
  .meta({
    description: 'A position in the conversation: 1, 2, 3, … without gaps, in commit order.',
  });

/** "Up to and including this seq"; 0 is before the first entry. */
export const position = z
  .int()
  .min(0)
  .meta({ description: 'Up to and including this seq; 0 is before the first entry.' });

/** The version of a conversation or an entry. It only rises; the higher one wins. */
export const version = z
  .int()
  .min(0)
  .meta({ description: 'Only rises. Of two copies, the higher version wins.' });
