import * as z from 'zod';
import { ValidationError } from '../errors/errors';
import { MAX_FRAME_BYTES, PARTICIPANT_IDS_MAX } from '../limits';
import { listOf } from './list';
import { parseWith } from './parse';
import { createGroup } from '../rest/chat/conversations';

const id = '0190b3c4-1111-7222-8333-444455556666';
const body = (participant_ids: unknown) => ({ title: 'A group', participant_ids });

function refusal(value: unknown): ValidationError {
  try {
    parseWith(createGroup.body, value);
  } catch (error) {
    if (error instanceof ValidationError) return error;
  }
  throw new Error('it was not refused');
}

test('as many ids as fit a body are accepted', () => {
  const ids = Array<string>(3_350).fill(id);
  expect(Buffer.byteLength(JSON.stringify(body(ids)))).toBeLessThanOrEqual(MAX_FRAME_BYTES);
  expect(parseWith(createGroup.body, body(ids)).participant_ids).toEqual(ids);
  expect(parseWith(createGroup.body, body([id.toUpperCase()])).participant_ids).toEqual([id]);
  expect(parseWith(createGroup.body, body([])).participant_ids).toEqual([]);
});

test('a list that is too long is refused as a whole, and so is a value that is not a list', () => {
  const { details } = refusal(body(Array(PARTICIPANT_IDS_MAX + 1).fill('')));
  expect(details).toEqual([{ path: 'participant_ids', message: 'must have at most 3400 items' }]);
  expect(refusal({ title: 'A group' }).details).toMatchObject([{ message: 'is missing' }]);
  expect(refusal(body('text')).details).toMatchObject([{ message: 'must be an array' }]);
});

test('wrong items are reported by index, at most 20, and the rest is not read', () => {
  expect(refusal(body([id, 'x', id, 3])).details).toEqual([
    { path: 'participant_ids.1', message: 'must be a UUID' },
    { path: 'participant_ids.3', message: 'must be a UUID' },
  ]);
  let read = 0;
  const counted = z.custom<string>(() => {
    read += 1;
    return false;
  });
  const items = Array<string>(1_000).fill('x');
  expect(() => parseWith(listOf(counted, 1_000), items)).toThrow('(and 19 more)');
  // Judged once more for each parse of a refusal, and never the rest.
  expect(read).toBeLessThan(100);
});
