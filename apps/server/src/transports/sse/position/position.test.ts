import { randomUUID } from 'node:crypto';
import { createPositionTracker } from './positionTracker';
import { ALL_CONVERSATIONS, decodePosition, encodePosition, scopeOf } from './streamPosition';

const [a, b] = [randomUUID(), randomUUID()];
const cursor = `${'c'.repeat(62)}.${'s'.repeat(22)}`;
const start = {
  ...({ base: 'sync', scope: ALL_CONVERSATIONS, cursor } as const),
  seqs: new Map([
    [a, 1],
    [b, Number.MAX_SAFE_INTEGER],
  ]),
};

test('a position survives a round trip through a client', () => {
  expect(decodePosition(encodePosition(start))).toEqual(start);
  const named = { ...start, base: 'device' as const, scope: scopeOf([a, b]), seqs: new Map() };
  expect(decodePosition(encodePosition(named))).toEqual(named);
  const withUpdates = { ...start, updatesSeq: 12_345 };
  expect(decodePosition(encodePosition(withUpdates))).toEqual(withUpdates);
  expect(scopeOf([b, a])).toBe(scopeOf([a, b]));
  expect(scopeOf([a])).not.toBe(scopeOf([a, b]));
});

test.each([
  ['empty', ''],
  ['an id of a publisher', 'urn:uuid:0189d8a4-1111-7000-8000-000000000001'],
  ['only the mark', '#'],
  ['an unknown kind', `#${Buffer.from([9, 0, 0, 0, 0, 1, 65]).toString('base64url')}`],
  ['a short cursor', `#${Buffer.from([0, 0, 0, 0, 0, 5, 65]).toString('base64url')}`],
  ['no cursor', `#${Buffer.from([1, 0, 0, 0, 0, 0]).toString('base64url')}`],
  ['half a conversation', `#${Buffer.from([1, 0, 0, 0, 0, 1, 65, 7, 7]).toString('base64url')}`],
  ['a seq without an end', encodePosition(start).slice(0, -2)],
  ['too long', `#${'A'.repeat(5_000)}`],
])('a text that is no position is not read: %s', (_what, text) => {
  expect(decodePosition(text)).toBeUndefined();
});

test('a full position has at most 800 characters', () => {
  const tracker = createPositionTracker({ ...start, seqs: new Map() });
  while (!tracker.isFull) tracker.sent(randomUUID(), 1_000_000);
  expect(tracker.text().length).toBeLessThanOrEqual(800);
  expect(tracker.shouldRebase).toBe(true);
});

test('a seq only rises, and a forgotten conversation is gone', () => {
  const tracker = createPositionTracker({ ...start, seqs: new Map() });
  tracker.sent(a, 5);
  tracker.sent(a, 4);
  tracker.sent(b, 1);
  tracker.forget(b);
  expect(decodePosition(tracker.text())?.seqs).toEqual(new Map([[a, 5]]));
});

test('moving the base keeps what was written beyond it or meanwhile', () => {
  const c = randomUUID();
  const tracker = createPositionTracker({ ...start, base: 'device', seqs: new Map() });
  for (const id of [a, b, c]) tracker.sent(id, 5);
  const then = tracker.snapshot();
  tracker.sent(c, 6);
  tracker.moveTo('new', new Map([[a, 4]]), then);
  expect(decodePosition(tracker.text())).toMatchObject({
    ...{ base: 'sync', cursor: 'new' },
    seqs: new Map([
      [a, 5],
      [c, 6],
    ]),
  });
});
