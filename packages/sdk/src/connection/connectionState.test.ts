import fc from 'fast-check';
import {
  type Connection,
  type ConnectionEvent,
  nextConnection,
  signedOut,
} from './connectionState';

const walk = (...events: ConnectionEvent[]): Connection => events.reduce(nextConnection, signedOut);

const lost = (now = 1_000, random = 0): ConnectionEvent => ({ type: 'lost', now, random });
const toOpen: ConnectionEvent[] = [
  { type: 'signed in' },
  { type: 'connect requested' },
  { type: 'opened' },
];

test('the connection passes through connecting and catching up to live', () => {
  expect(walk({ type: 'signed in' })).toEqual({ state: 'offline' });
  expect(walk(...toOpen)).toEqual({ state: 'catching up', failures: 0, received: 0, missing: 0 });
  const counted = walk(...toOpen, { type: 'progress', received: 7, missing: 93 });
  expect(counted).toMatchObject({ received: 7, missing: 93 });
  expect(walk(...toOpen, { type: 'caught up' })).toEqual({ state: 'live' });
});

test('each failure lengthens the wait, with jitter; only a live connection resets the count', () => {
  const failing = (count: number, random: number): Connection =>
    walk(
      { type: 'signed in' },
      { type: 'connect requested' },
      ...Array.from({ length: count }, () => [lost(0, random), { type: 'retry' } as const]).flat(),
      lost(0, random),
    );
  expect([0, 1, 2, 20].map((count) => failing(count, 0))).toMatchObject([
    { failures: 1, retryAt: 200 },
    { failures: 2, retryAt: 400 },
    { failures: 3, retryAt: 800 },
    { failures: 21, retryAt: 15_000 },
  ]);
  expect(failing(20, 0.999)).toMatchObject({ retryAt: expect.closeTo(30_000, -2) as number });
  // A server that accepts and drops each connection must not be hammered.
  expect(walk(...toOpen, lost(), { type: 'retry' }, { type: 'opened' }, lost())).toMatchObject({
    failures: 2,
  });
  expect(walk(...toOpen, { type: 'caught up' }, lost())).toMatchObject({ failures: 1 });
});

test('the wait is at least as long as the server asks for', () => {
  const event: ConnectionEvent = { type: 'lost', now: 0, random: 0, retryAfterMs: 7_000 };
  expect(walk(...toOpen, event)).toMatchObject({ retryAt: 7_000 });
});

test('after disconnect it stays offline; a refused session signs out', () => {
  expect(walk(...toOpen, { type: 'disconnect requested' })).toEqual({ state: 'offline' });
  expect(walk(...toOpen, { type: 'disconnect requested' }, lost())).toEqual({ state: 'offline' });
  const out = walk(...toOpen, { type: 'signed out', reason: 'refused' });
  expect(out).toEqual({ state: 'signed out', reason: 'refused' });
});

test('a machine that reports no network still retries after the same waits', () => {
  const down: ConnectionEvent = { type: 'lost', now: 0, random: 0, isNetworkDown: true };
  const waiting = walk(...toOpen, { type: 'caught up' }, down);
  expect(waiting).toEqual({
    ...{ state: 'waiting to retry', failures: 1, retryAt: 200, isNetworkDown: true },
  });
  expect(nextConnection(waiting, { type: 'retry' })).toMatchObject({ state: 'connecting' });
  // A later report changes what is shown but not the wait.
  expect(nextConnection(waiting, lost())).toEqual({ ...waiting, isNetworkDown: false });
});

test('no sequence of events connects a client that is signed out or disconnected', () => {
  const event = fc.oneof(
    ...(
      [
        'signed in',
        'connect requested',
        'disconnect requested',
        'opened',
        'caught up',
        'retry',
      ] as const
    ).map((type) => fc.constant<ConnectionEvent>({ type })),
    fc.constant<ConnectionEvent>({ type: 'signed out', reason: 'by the user' }),
    fc.constant(lost()),
    fc.record({ type: fc.constant('progress' as const), received: fc.nat(), missing: fc.nat() }),
  );
  fc.assert(
    fc.property(fc.array(event), (events) => {
      let connection: Connection = signedOut;
      let isSignedIn = false;
      let isConnectRequested = false;
      for (const one of events) {
        const before = connection;
        connection = nextConnection(connection, one);
        if (one.type === 'signed in') isSignedIn = true;
        if (one.type === 'signed out') isSignedIn = isConnectRequested = false;
        if (one.type === 'disconnect requested') isConnectRequested = false;
        if (one.type === 'connect requested' && isSignedIn) isConnectRequested = true;
        expect(connection.state === 'signed out').toBe(!isSignedIn);
        if (!isConnectRequested) expect(['signed out', 'offline']).toContain(connection.state);
        if (connection.state === 'live' && before.state !== 'live') {
          expect(before.state).toBe('catching up');
        }
      }
    }),
  );
});
