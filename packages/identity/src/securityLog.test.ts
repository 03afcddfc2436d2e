import { createFakeClock, quietLog } from '@chasqui/testkit';
import { createSecurityLog, reportRefusals } from './securityLog';

const secret = 'a secret of at least thirty-two characters';

function open() {
  const log = quietLog();
  const clock = createFakeClock();
  return { log, clock, securityLog: createSecurityLog({ log, clock, secret }) };
}

test('an event is one line with its name and ids only', () => {
  const { log, securityLog } = open();
  securityLog.record({ event: 'login_succeeded', userId: 'u', sessionId: 's' });
  expect(log.lines).toEqual([
    {
      level: 'info',
      fields: { securityEvent: 'login_succeeded', userId: 'u', sessionId: 's' },
      message: 'login succeeded',
    },
  ]);
});

test('an address is logged as a stable digest, never in plain text', () => {
  const { log, securityLog } = open();
  for (const address of ['192.0.2.7', '192.0.2.7', '192.0.2.8']) {
    securityLog.record({ event: 'login_failed', userId: null, address });
  }
  const digests = log.lines.map(({ fields }) => Reflect.get(fields, 'addressDigest') as unknown);
  expect(digests[0]).toBe(digests[1]);
  expect(digests[0]).not.toBe(digests[2]);
  expect(JSON.stringify(log.lines)).not.toContain('192.0.2');
  expect(log.lines[0]).toMatchObject({ level: 'warn' });
});

test('refusals that a client can cause at will are one line per interval, with their number', () => {
  const { log, clock, securityLog } = open();
  for (let i = 0; i < 1_000; i += 1) {
    securityLog.count({ event: 'administration_refused', userId: 'u', route: '/api/admin/users' });
  }
  expect(log.lines).toEqual([]);
  clock.advance(60_000);
  expect(log.lines).toMatchObject([
    { fields: { securityEvent: 'administration_refused', userId: 'u', count: 1_000 } },
  ]);
  clock.advance(60_000);
  expect(log.lines).toHaveLength(1);
});

test('an attack from a million addresses writes a bounded number of lines', () => {
  const { log, securityLog } = open();
  for (let i = 0; i < 10_000; i += 1) {
    securityLog.count({ event: 'login_refused', reason: 'rate', address: `address ${i}` });
  }
  securityLog.stop();
  expect(log.lines).toHaveLength(501);
  const counts = log.lines.map(({ fields }) => Number(Reflect.get(fields, 'count')));
  expect(counts.reduce((sum, count) => sum + count)).toBe(10_000);
});

test('refusals by limits are reported by kind, each once', () => {
  const { log, clock, securityLog } = open();
  let refused = { send: 3, search: 0 };
  const stop = reportRefusals(() => refused, securityLog, clock);
  clock.advance(60_000);
  refused = { send: 5, search: 0 };
  stop();
  securityLog.stop();
  const lines = log.lines.map(({ fields }) => fields);
  const total = lines.reduce((sum, line) => sum + Number(Reflect.get(line, 'count')), 0);
  expect(total).toBe(5);
  expect(lines.every((line) => Reflect.get(line, 'kind') === 'send')).toBe(true);
});
