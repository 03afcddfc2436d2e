import { NotFoundError, UnavailableError } from '@chasqui/protocol';
import { createFakeClock, quietLog } from '@chasqui/testkit';
import { createErrorReporter } from './errorReporter';

function open() {
  const log = quietLog();
  const clock = createFakeClock();
  return { log, clock, reportError: createErrorReporter({ log, clock }) };
}

const gone = () => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });

test('a refusal during a store outage logs its cause as a warning', () => {
  const { log, reportError } = open();
  const cause = gone();
  expect(reportError(cause, { command: 'chat:sync' })).toBeInstanceOf(UnavailableError);
  expect(log.lines).toMatchObject([
    { level: 'warn', fields: { err: cause, command: 'chat:sync', count: 1 } },
  ]);
});

test('an outage logs one line in five seconds, and counts every refusal', () => {
  const { log, clock, reportError } = open();
  for (let i = 0; i < 1_200; i += 1) {
    reportError(gone(), { route: '/api/messages' });
    clock.advance(10);
  }
  clock.advance(5_000);
  const counts = log.lines.map(({ fields }) => Number(Reflect.get(fields, 'count')));
  expect(counts).toHaveLength(4);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1_200);
  expect(new Set(log.lines.map(({ level }) => level))).toEqual(new Set(['warn']));
});

test('after an outage no timer remains, and the next outage is logged immediately', () => {
  const { log, clock, reportError } = open();
  reportError(gone(), {});
  clock.advance(60_000);
  expect(clock.pending).toBe(0);
  reportError(gone(), {});
  expect(log.lines).toHaveLength(2);
});

test('bugs are logged every time, client errors never', () => {
  const { log, reportError } = open();
  for (let i = 0; i < 3; i += 1) reportError(new TypeError('undefined is no function'), {});
  reportError(new NotFoundError(), {});
  expect(log.lines.map(({ level }) => level)).toEqual(['error', 'error', 'error']);
});

test.each([
  ['53100', 'could not extend file "base/1/2": No space left on device', 'disk space'],
  ['53200', 'out of memory', 'memory'],
])('PostgreSQL without %s is unavailable, and the log names the shortage', (code, said, what) => {
  const { log, reportError } = open();
  expect(reportError(Object.assign(new Error(said), { code }), {})).toBeInstanceOf(
    UnavailableError,
  );
  expect(log.lines).toMatchObject([
    { level: 'warn', message: `refused as unavailable: PostgreSQL has no ${what} left` },
  ]);
});
