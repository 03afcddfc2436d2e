import { generateKeyPairSync } from 'node:crypto';
import { parseServerSettings } from './serverSettings';

const given = {
  DATABASE_URL: 'postgres://localhost/chasqui',
  REDIS_URL: 'redis://localhost',
  JWT_SECRET: 'x'.repeat(32),
};

test('what is not given has the value that the contract names', () => {
  expect(parseServerSettings(given)).toMatchObject({
    HOST: '127.0.0.1',
    PORT: 5000,
    ACCESS_TOKEN_TTL_S: 900,
    RATE_LIMIT: true,
    RATE_LIMIT_MESSAGES_PER_SECOND: 20,
    CONNECTIONS_PER_USER: 500,
    CONNECTIONS_PER_ADDRESS: 5_000,
    DELIVERY_BACKOFF_MS: 2000,
    SWEEP_INTERVAL_MS: 10_000,
    CORS_ORIGINS: [],
    TRUST_PROXY: [],
    ALLOWED_HOSTS: [],
  });
});

test('content is kept forever by default, and a default retention must not exceed the maximum', () => {
  expect(parseServerSettings(given).RETENTION_MAX_S).toBeUndefined();
  const both = { ...given, RETENTION_DEFAULT_S: '3600', RETENTION_MAX_S: '86400' };
  expect(parseServerSettings(both)).toMatchObject({
    RETENTION_DEFAULT_S: 3_600,
    RETENTION_MAX_S: 86_400,
  });
  expect(() => parseServerSettings({ ...both, RETENTION_MAX_S: '60' })).toThrow(
    /^RETENTION_DEFAULT_S/,
  );
  expect(() => parseServerSettings({ ...given, RETENTION_MAX_S: '59' })).toThrow(
    /^RETENTION_MAX_S is malformed: it must be a whole number of seconds from 60/,
  );
});

test('an empty variable counts as not given', () => {
  expect(parseServerSettings({ ...given, PORT: '' }).PORT).toBe(5000);
});

test('lists are separated by commas', () => {
  const settings = parseServerSettings({
    ...given,
    CORS_ORIGINS: 'https://a.example, http://localhost:5173',
    TRUST_PROXY: '10.0.0.0/8,::1',
    ADMIN_USERNAMES: 'ana',
    RATE_LIMIT: 'off',
  });
  expect(settings).toMatchObject({
    CORS_ORIGINS: ['https://a.example', 'http://localhost:5173'],
    TRUST_PROXY: ['10.0.0.0/8', '::1'],
    ADMIN_USERNAMES: ['ana'],
    RATE_LIMIT: false,
  });
});

test.each([
  ['DATABASE_URL', undefined, 'DATABASE_URL is missing.'],
  ['JWT_SECRET', '', 'JWT_SECRET is missing.'],
  [
    'DATABASE_URL',
    'mysql://x',
    'DATABASE_URL is malformed: it must be a URL that begins with postgres://.',
  ],
  [
    'JWT_SECRET',
    'short',
    'JWT_SECRET is malformed: it must be a secret of at least 16 characters, better 32.',
  ],
  ['NODE_NAME', 'a-b', 'NODE_NAME is malformed: it must be 1 to 32 lower-case letters and digits.'],
  [
    'REDIS_URL',
    'redis://a:7001,http://b:7002',
    'REDIS_URL is malformed: it must be redis://host:port, for a cluster several of them separated',
  ],
  ['PORT', '65536', 'PORT is malformed: it must be a whole number from 0 to 65535.'],
  ['PORT', '5e3', 'PORT is malformed: it must be a whole number from 0 to 65535.'],
  ['CORS_ORIGINS', 'https://a.example/', 'CORS_ORIGINS is malformed: it must be origins like'],
  ['TRUST_PROXY', '10.0.0.0/33', 'TRUST_PROXY is malformed: it must be addresses or CIDR ranges'],
  ['LOG_LEVEL', 'loud', 'LOG_LEVEL is malformed: it must be one of fatal'],
  ['RATE_LIMIT', 'yes', 'RATE_LIMIT is malformed: it must be on or off.'],
])('%s = %s is refused in one line that names it and not its value', (name, value, message) => {
  expect(() => parseServerSettings({ ...given, [name]: value })).toThrow(message);
});

test('tokens of another issuer take an issuer, an audience and one key', () => {
  const issuer = { EXTERNAL_ISSUER: 'https://app.example', EXTERNAL_AUDIENCE: 'chat' };
  const secret = { EXTERNAL_SECRET: 's'.repeat(32) };
  const jwks = { EXTERNAL_JWKS_URL: 'https://app.example/keys' };
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  for (const key of [secret, jwks, { EXTERNAL_PUBLIC_KEY: pem.replaceAll('\n', '\\n') }]) {
    expect(() => parseServerSettings({ ...given, ...issuer, ...key })).not.toThrow();
  }
  const wrong: [object, string][] = [
    [{ ...secret, EXTERNAL_AUDIENCE: 'chat' }, 'EXTERNAL_ISSUER is missing'],
    [{ ...secret, EXTERNAL_ISSUER: 'x' }, 'EXTERNAL_AUDIENCE is missing'],
    [issuer, 'or EXTERNAL_JWKS_URL is missing'],
    [{ ...issuer, ...secret, ...jwks }, 'EXTERNAL_SECRET and EXTERNAL_JWKS_URL exclude each other'],
    [{ ...issuer, EXTERNAL_SECRET: 'short' }, 'EXTERNAL_SECRET is malformed'],
    [{ ...issuer, EXTERNAL_PUBLIC_KEY: 'none' }, 'EXTERNAL_PUBLIC_KEY is malformed'],
  ];
  for (const [settings, said] of wrong) {
    expect(() => parseServerSettings({ ...given, ...settings })).toThrow(said);
  }
});
