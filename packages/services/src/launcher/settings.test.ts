import { parseSettings } from './settings';

const given = { DATABASE_URL: 'postgres://u:p@db/chasqui', JWT_SECRET: 'a secret of our own' };

test('without settings, everything is embedded, on loopback, below .data', () => {
  expect(parseSettings({}, '/srv/chasqui')).toEqual({
    host: '127.0.0.1',
    port: 5000,
    databaseUrl: undefined,
    redisUrl: undefined,
    jwtSecret: undefined,
    dataDir: '/srv/chasqui/.data',
  });
});

test('given URLs replace the embedded stores', () => {
  const settings = parseSettings({ ...given, REDIS_URL: 'redis://cache:6379' }, '/');
  expect(settings).toMatchObject({
    databaseUrl: given.DATABASE_URL,
    redisUrl: 'redis://cache:6379',
    jwtSecret: given.JWT_SECRET,
  });
});

test('an empty setting counts as missing', () => {
  expect(
    parseSettings({ HOST: '', PORT: '', DATABASE_URL: '', DATA_DIR: '' }, '/srv'),
  ).toMatchObject({
    host: '127.0.0.1',
    port: 5000,
    databaseUrl: undefined,
    dataDir: '/srv/.data',
  });
});

test.each([
  ['PORT', 'many'],
  ['PORT', '65536'],
  ['PORT', '-1'],
  ['PORT', '5000.5'],
  ['HOST', 'not a host'],
  ['DATABASE_URL', 'mysql://db/chasqui'],
  ['DATABASE_URL', 'nonsense'],
  ['REDIS_URL', 'http://cache'],
  ['REDIS_URL', 'redis://a:7001,b:7002'],
])('a malformed %s (%j) is reported in one line', (name, value) => {
  expect(() => parseSettings({ ...given, [name]: value }, '/')).toThrow(
    new RegExp(`^${name} is malformed: [^\\n]+$`),
  );
});

test('outside the embedded mode JWT_SECRET must be given', () => {
  expect(() => parseSettings({ DATABASE_URL: given.DATABASE_URL }, '/')).toThrow(
    /^JWT_SECRET is missing/,
  );
});
