import { Writable } from 'node:stream';
import { createLog } from './log';

/** The lines that `write` logs. */
function linesOf(write: (log: ReturnType<typeof createLog>) => void): string[] {
  let text = '';
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  write(createLog('info', destination));
  return text.split('\n').slice(0, -1);
}

test('an entry is one line of JSON with its time in milliseconds since 1970, with any text', () => {
  const before = Date.now();
  const origin = 'https://a\r\n{"level":50,"msg":"forged"}\u2028\u001b[31m"';
  const [line = '', ...more] = linesOf((log) => log.warn({ origin }, 'refused'));
  expect(more).toEqual([]);
  // No control characters that a terminal or log collector would interpret.
  expect(/\p{Cc}/u.test(line)).toBe(false);
  const entry: unknown = JSON.parse(line);
  expect(entry).toMatchObject({ app: 'server', level: 40, msg: 'refused', origin });
  expect(Number(Reflect.get(Object(entry), 'time'))).toBeGreaterThanOrEqual(before);
});

test('secrets passed to the log by mistake are masked', () => {
  const secrets = {
    password: 'p4ss',
    authorization: 'b34rer',
    nested: { refresh_token: 'r3fresh' },
  };
  const [line = ''] = linesOf((log) => log.info(secrets, 'a mistake'));
  for (const secret of ['p4ss', 'b34rer', 'r3fresh']) expect(line).not.toContain(secret);
});

test('neither the statement nor the parameters of a failed query are logged', () => {
  const error = Object.assign(new Error('relation is gone'), {
    ...{
      code: '42P01',
      sql: 'SELECT secret',
      parameters: ['ana@example.org'],
      detail: 'Key (ana)',
    },
  });
  const [line = ''] = linesOf((log) => log.error({ err: error }, 'unhandled error in request'));
  expect(JSON.parse(line)).toMatchObject({ err: { message: 'relation is gone', code: '42P01' } });
  expect(line).not.toMatch(/SELECT secret|example\.org|Key \(ana\)/);
});
