import { endsWithin, withTimeout } from './timeout';

const never = new Promise<never>(() => undefined);

test('the result of work that ends in time is passed on', async () => {
  expect(await withTimeout(Promise.resolve('done'), 10_000, () => 'late')).toBe('done');
});

test('an error of work that ends in time is passed on', async () => {
  const failing = Promise.reject(new Error('broken'));
  await expect(withTimeout(failing, 10_000, () => 'late')).rejects.toThrow('broken');
});

test('after the time the fallback is the result, or its error is thrown', async () => {
  expect(await withTimeout(never, 1, () => 'late')).toBe('late');
  const fail = (): never => {
    throw new Error('too late');
  };
  await expect(withTimeout(never, 1, fail)).rejects.toThrow('too late');
});

test('an error after the time is ignored', async () => {
  let fail: (error: Error) => void = () => undefined;
  const work = new Promise<string>((_, reject) => (fail = reject));
  expect(await withTimeout(work, 1, () => 'late')).toBe('late');
  fail(new Error('ignored'));
  await new Promise(setImmediate);
});

test('the timer is cancelled when the work ends first', async () => {
  let cancelled = 0;
  const clock = { setTimeout: () => ({ cancel: () => void (cancelled += 1) }) };
  await withTimeout(Promise.resolve(), 10_000, () => undefined, clock);
  expect(cancelled).toBe(1);
});

test('work that fails in time has ended', async () => {
  expect(await endsWithin(Promise.reject(new Error('broken')), 10_000)).toBe(true);
  expect(await endsWithin(never, 1)).toBe(false);
});
