import { parseRedisAddress } from './redisAddress';

test('one address is a single Redis', () => {
  expect(parseRedisAddress('redis://:secret@cache:6380/2')).toEqual({
    cluster: null,
    url: 'redis://:secret@cache:6380/2',
  });
});

test('several addresses, or a cluster scheme, are a cluster', () => {
  expect(
    parseRedisAddress('rediss://ana:s%40fe@a:7001, rediss://b, rediss://ana:s%40fe@[::1]:7003/0'),
  ).toEqual({
    cluster: {
      nodes: [
        { host: 'a', port: 7001 },
        { host: 'b', port: 6379 },
        { host: '::1', port: 7003 },
      ],
      username: 'ana',
      password: 's@fe',
      tls: true,
    },
  });
  expect(parseRedisAddress('redis+cluster://cache:7000')).toEqual({
    cluster: {
      nodes: [{ host: 'cache', port: 7000 }],
      username: undefined,
      password: undefined,
      tls: false,
    },
  });
});

test.each([
  '',
  ',',
  'cache:6379',
  'http://cache',
  'redis://a,',
  'redis://a,,redis://b',
  'redis://a,b:7002',
  'redis://a,rediss://b',
  'redis://a,redis+cluster://b',
  'redis://a,redis://b:99999',
  'redis://a,redis://b/2',
  'redis://:one@a,redis://:other@b',
])('%j is refused by an error without the value', (text) => {
  expect(() => parseRedisAddress(text)).toThrow(/^expected redis:\/\/host:port/);
});
