import { parseSettings } from './settings';

const given = { DATABASE_URL: 'postgres://db/chasqui', REDIS_URL: 'redis://cache' };

test('defaults match the contract', () => {
  expect(parseSettings(given)).toEqual({
    databaseUrl: given.DATABASE_URL,
    redisUrl: given.REDIS_URL,
    dataDir: null,
    backoffMs: 2_000,
    retentionMaxS: null,
    topicsKeptMs: 86_400_000,
    sweepIntervalMs: 10_000,
    auditIntervalMs: 60_000,
    logLevel: 'info',
    metrics: null,
  });
});

test('given values override the defaults', () => {
  const settings = parseSettings({
    ...given,
    DELIVERY_BACKOFF_MS: '250',
    SWEEP_INTERVAL_MS: ' 1000 ',
    AUDIT_INTERVAL_MS: '5000',
    TOPIC_RETENTION_HOURS: '2',
    LOG_LEVEL: 'debug',
    WORKER_METRICS_PORT: '9100',
    HOST: '0.0.0.0',
  });
  expect(settings).toMatchObject({
    backoffMs: 250,
    sweepIntervalMs: 1_000,
    auditIntervalMs: 5_000,
    topicsKeptMs: 7_200_000,
    logLevel: 'debug',
    metrics: { host: '0.0.0.0', port: 9_100 },
  });
});

test.each([
  ['DATABASE_URL', ''],
  ['DATABASE_URL', 'mysql://secret@db'],
  ['REDIS_URL', 'nonsense'],
  ['REDIS_URL', 'redis://a:7001,,redis://b:7002'],
  ['DELIVERY_BACKOFF_MS', '-1'],
  ['DELIVERY_BACKOFF_MS', '2s'],
  ['SWEEP_INTERVAL_MS', '1e9'],
  ['AUDIT_INTERVAL_MS', '99'],
  ['TOPIC_RETENTION_HOURS', '-5'],
  ['LOG_LEVEL', 'loud'],
  ['WORKER_METRICS_PORT', '70000'],
  ['HOST', 'a b'],
])('%s = "%s" is refused in one line that names the setting and omits the value', (name, value) => {
  const parse = () => parseSettings({ ...given, WORKER_METRICS_PORT: '1', [name]: value });
  expect(parse).toThrow(new RegExp(`^${name} is (missing\\.|malformed: [^\\n]+)$`));
  if (value !== '') expect(parse).not.toThrow(value);
});
