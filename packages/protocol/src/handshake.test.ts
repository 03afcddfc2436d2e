import { UnauthorizedError, ValidationError } from './errors/errors';
import { bearerToken, parseHandshake } from './handshake';

test('reads the auth object of a client', () => {
  const auth = { token: 't', deviceId: 'phone', batch: true, brief: true, protocol: 1, theme: 'x' };
  expect(parseHandshake(auth)).toEqual({
    token: 't',
    deviceId: 'phone',
    batch: true,
    brief: true,
    protocol: 1,
  });
});

test('ignores malformed and missing fields', () => {
  const plain = { deviceId: undefined, batch: false, brief: false, protocol: undefined };
  expect(
    parseHandshake({ token: 't', deviceId: '', batch: 1, brief: 'yes', protocol: '1' }),
  ).toEqual({
    token: 't',
    ...plain,
  });
  expect(parseHandshake({}, 'Bearer t')).toEqual({ token: 't', ...plain });
  expect(parseHandshake(undefined, 'bearer  t ')).toEqual({ token: 't', ...plain });
});

test.each([undefined, null, 'x', [], {}, { token: '' }, { token: 7 }, { token: ['t'] }])(
  'a missing token is refused: %j',
  (auth) => {
    expect(() => parseHandshake(auth)).toThrow(UnauthorizedError);
  },
);

test.each([7, {}, ['x'], 'a\0', 'x'.repeat(129), '\ud800'])(
  '[D4] an invalid device id is refused, not replaced: %j',
  (deviceId) => {
    expect(() => parseHandshake({ token: 't', deviceId })).toThrow(ValidationError);
  },
);

test.each([undefined, '', 'Bearer', 'Bearer ', 'Basic abc', 'Bearer a b', 'abc'])(
  'no bearer token in %j',
  (header) => {
    expect(() => bearerToken(header)).toThrow(UnauthorizedError);
  },
);
