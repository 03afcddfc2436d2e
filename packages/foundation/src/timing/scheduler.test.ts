import type { Clock } from './clock';
import { createScheduler } from './scheduler';

/** A clock whose timers run when the test says so. */
function manualClock() {
  const timers: { ms: number; callback: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    setTimeout(callback, ms) {
      const timer = { ms, callback };
      timers.push(timer);
      return { cancel: () => void timers.splice(timers.indexOf(timer), 1) };
    },
  };
  return { clock, waits: () => timers.map(({ ms }) => ms), next: () => timers.shift()?.callback() };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const log = { debug: jest.fn(), info: jest.fn(), warn: jest.fn(), error: jest.fn() };

test('a periodic task runs after each wait and does not overlap with itself', async () => {
  const { clock, waits, next } = manualClock();
  const ends: (() => void)[] = [];
  createScheduler({ clock, log }).every(
    () => 50,
    () => new Promise((resolve) => ends.push(resolve)),
  );
  expect(waits()).toEqual([50]);
  next();
  await settled();
  expect(waits()).toEqual([]);
  ends[0]?.();
  await settled();
  expect(waits()).toEqual([50]);
});

test('a requested run starts at once, and requests during a run cause one more', async () => {
  const { clock, waits, next } = manualClock();
  const ends: (() => void)[] = [];
  const task = createScheduler({ clock, log }).every(
    () => 50,
    () => new Promise((resolve) => ends.push(resolve)),
  );
  task.request();
  task.request();
  expect(waits()).toEqual([0]);
  next();
  task.request();
  task.request();
  expect(waits()).toEqual([]);
  ends[0]?.();
  await settled();
  expect(waits()).toEqual([0]);
  next();
  ends[1]?.();
  await settled();
  expect(waits()).toEqual([50]);
});

test('a failed run is logged, and the next one follows', async () => {
  const { clock, waits, next } = manualClock();
  createScheduler({ clock, log }).every(
    () => 50,
    () => Promise.reject(new Error('failed')),
  );
  next();
  await settled();
  expect(log.error).toHaveBeenCalledTimes(1);
  expect(waits()).toEqual([50]);
});

test('a stopped task waits for its run and starts no other', async () => {
  const { clock, waits, next } = manualClock();
  let end: () => void = () => undefined;
  let runs = 0;
  const task = createScheduler({ clock, log }).every(
    () => 50,
    () => {
      runs += 1;
      return new Promise((resolve) => (end = resolve));
    },
  );
  next();
  let stopped = false;
  const stopping = task.stop(60_000).then(() => (stopped = true));
  await settled();
  expect(stopped).toBe(false);
  end();
  await stopping;
  task.request();
  expect(waits()).toEqual([]);
  expect(runs).toBe(1);
});

test('after the scheduler has stopped, no task starts', () => {
  const { clock, waits } = manualClock();
  const scheduler = createScheduler({ clock, log });
  const task = scheduler.every(
    () => 50,
    () => undefined,
  );
  scheduler.stop();
  task.request();
  expect(waits()).toEqual([]);
});
