import fc from 'fast-check';
import {
  advanceConnection,
  advanceCursor,
  type ConnectionEvent,
  type ConnectionState,
  type CursorEvent,
  type CursorPosition,
  type CursorState,
  starting,
} from './connectionState';

const connectionEvents: ConnectionEvent[] = [
  ...(['started', 'work', 'window full', 'buffer full', 'window open'] as const),
  ...(['writable', 'closed'] as const),
];
const cursorEvents: CursorEvent[] = [
  ...(['moved', 'sent all', 'missing', 'own send', 'own send ended', 'read', 'forgotten'] as const),
];
const positions: CursorPosition[] = ['unknown', 'before target', 'at target'];

function run(...events: ConnectionEvent[]): { state: ConnectionState; effects: string[] } {
  let state = starting;
  const effects: string[] = [];
  for (const event of events) {
    const step = advanceConnection(state, event);
    state = step.state;
    effects.push(step.effect);
  }
  return { state, effects };
}

describe('a connection', () => {
  test('a connection sends nothing before it has started, and then pumps for each trigger', () => {
    expect(run('work', 'writable', 'started', 'work').effects).toEqual([
      ...['none', 'none', 'pump', 'pump'],
    ]);
  });

  test('[R4] a connection pauses while the window is full, until it opens or there is other work', () => {
    expect(run('started', 'window full').state).toEqual({ name: 'paused', until: 'acknowledged' });
    expect(run('started', 'window full', 'window open').effects.at(-1)).toBe('pump');
    expect(run('started', 'window full', 'work').effects.at(-1)).toBe('pump');
    expect(run('started', 'window full', 'writable').effects.at(-1)).toBe('none');
  });

  test('[R4] a connection pauses while the buffer is full, until the transport reports that it drained', () => {
    const full = run('started', 'buffer full');
    expect(full.state).toEqual({ name: 'paused', until: 'writable' });
    expect(full.effects.at(-1)).toBe('await writable');
    expect(run('started', 'buffer full', 'work', 'window open').state).toEqual(full.state);
    expect(run('started', 'buffer full', 'writable').effects.at(-1)).toBe('pump');
  });

  test('a connection never asks a full transport twice, releases once and does nothing after it closed', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...connectionEvents), { maxLength: 40 }), (events) => {
        let asked = false;
        let state = starting;
        let released = 0;
        for (const event of events) {
          const isClosed = state.name === 'closed';
          const step = advanceConnection(state, event);
          if (step.effect === 'await writable') {
            expect(asked).toBe(false);
            asked = true;
          }
          if (event === 'writable') asked = false;
          if (step.effect === 'release') released += 1;
          if (step.effect === 'pump') expect(step.state.name).toBe('live');
          if (isClosed) expect(step).toEqual({ state: { name: 'closed' }, effect: 'none' });
          state = step.state;
        }
        expect(released).toBe(events.includes('closed') ? 1 : 0);
      }),
    );
  });
});

describe('a conversation on a connection', () => {
  test.each<[CursorState, CursorEvent, CursorPosition, CursorState, string]>([
    ['live', 'moved', 'unknown', 'locating', 'locate'],
    ['live', 'moved', 'before target', 'due', 'queue'],
    ['live', 'moved', 'at target', 'live', 'none'],
    ['due', 'moved', 'before target', 'due', 'none'],
    ['due', 'sent all', 'at target', 'live', 'none'],
    ['due', 'missing', 'before target', 'behind', 'read'],
    ['due', 'own send', 'before target', 'held', 'none'],
    ['held', 'moved', 'before target', 'held', 'none'],
    ['held', 'own send ended', 'before target', 'due', 'queue'],
    ['behind', 'moved', 'before target', 'behind', 'none'],
    ['behind', 'read', 'before target', 'due', 'queue'],
    ['behind', 'read', 'at target', 'live', 'none'],
    ['locating', 'read', 'before target', 'due', 'queue'],
    ['locating', 'read', 'unknown', 'gone', 'forget'],
    ['behind', 'forgotten', 'before target', 'gone', 'forget'],
    ['gone', 'read', 'before target', 'gone', 'none'],
  ])('%s, %s, %s: %s and %s', (state, event, position, next, effect) => {
    expect(advanceCursor(state, event, position)).toEqual({ state: next, effect });
  });

  test('a conversation is queued, located or read only on entering that state, and forgotten once', () => {
    const step = fc.tuple(fc.constantFrom(...cursorEvents), fc.constantFrom(...positions));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (events) => {
        let state: CursorState = 'live';
        let forgotten = 0;
        for (const [event, position] of events) {
          const next = advanceCursor(state, event, position);
          const entered = { due: 'queue', locating: 'locate', behind: 'read', gone: 'forget' };
          const expected = Object.entries(entered).find(([name]) => name === next.state)?.[1];
          const isRequeued = event === 'sent all' && state === 'due' && next.state === 'due';
          if (next.state !== state || isRequeued) expect(next.effect).toBe(expected ?? 'none');
          else expect(next.effect).toBe('none');
          if (next.effect === 'forget') forgotten += 1;
          if (state === 'gone') expect(next.state).toBe('gone');
          state = next.state;
        }
        expect(forgotten).toBeLessThanOrEqual(1);
      }),
    );
  });
});
