import { errorFromWire } from './errorFromWire';
import {
  type ChasquiError,
  ConflictError,
  errorNames,
  ForbiddenError,
  InternalError,
  NotFoundError,
  RateLimitError,
  UnauthorizedError,
  UnavailableError,
  ValidationError,
  wireErrorSchema,
} from './errors';

const errors: readonly [ChasquiError, status: number][] = [
  [new ValidationError('title is missing', [{ path: 'title', message: 'is missing' }]), 400],
  [new UnauthorizedError(), 401],
  [new ForbiddenError('only admins rename'), 403],
  [new NotFoundError(), 404],
  [new ConflictError('the name is taken', [{ path: 'username', message: 'is taken' }]), 409],
  [new RateLimitError(3), 429],
  [new UnavailableError(), 503],
  [new InternalError('row 7 has no seq'), 500],
];

test('every error name has a class', () => {
  expect(errors.map(([error]) => error.name)).toEqual([...errorNames].sort(byStatus));
  function byStatus(a: string, b: string): number {
    const order = errors.map(([error]) => error.name as string);
    return order.indexOf(a) - order.indexOf(b);
  }
});

test.each(errors)('%s survives the way over the wire', (error, status) => {
  expect(error.status).toBe(status);
  const wire: unknown = JSON.parse(JSON.stringify(error.toWire()));
  expect(wireErrorSchema.parse(wire)).toEqual(wire);
  const back = errorFromWire(wire);
  expect(back).toBeInstanceOf(error.constructor);
  expect(back.toWire()).toEqual(error.toWire());
  expect(back.retryAfterSeconds).toBe(error.retryAfterSeconds);
});

test('a body that is too large or not JSON is a ValidationError with its own status', () => {
  expect(new ValidationError('too large', undefined, 413)).toMatchObject({
    name: 'ValidationError',
    status: 413,
  });
  expect(new ValidationError('not JSON', undefined, 415).status).toBe(415);
});

test('the details of a bug stay in the log', () => {
  const error = new InternalError('duplicate key (content)=(secret)', { query: 'secret' });
  expect(JSON.stringify(error.toWire())).not.toContain('secret');
  expect(error.message).toContain('secret');
});

test('a wait is given in whole seconds, in the header and in the details', () => {
  expect(new RateLimitError(0.2)).toMatchObject({ retryAfterSeconds: 1 });
  expect(new RateLimitError(1.2).toWire().details).toEqual({ retry_after_seconds: 2 });
  expect(errorFromWire({ name: 'RateLimitError', message: 'x' }, 7).retryAfterSeconds).toBe(7);
});

test.each([null, undefined, 'nope', [], { name: 'TeapotError', message: 'x' }, { message: 'x' }])(
  'an unknown error is a bug: %j',
  (wire) => {
    expect(errorFromWire(wire)).toBeInstanceOf(InternalError);
  },
);
