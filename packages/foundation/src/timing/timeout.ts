import type { Clock } from './clock';

/** Unlike the system clock's, its timers keep the process alive until the wait is over. */
const waiting: Pick<Clock, 'setTimeout'> = {
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, ms);
    return { cancel: () => clearTimeout(timer) };
  },
};

/**
 * Waits for `work` for at most `ms` milliseconds, then resolves to what `onTimeout` returns or rejects
 * with what it throws. The work itself is not cancelled: its later result or error is ignored.
 */
export async function withTimeout<T, Late>(
  work: Promise<T>,
  ms: number,
  onTimeout: () => Late,
  clock = waiting,
): Promise<T | Late> {
  let cancel = (): void => undefined;
  const late = new Promise<void>((resolve) => {
    const timer = clock.setTimeout(resolve, ms);
    cancel = () => timer.cancel();
  }).then(onTimeout);
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

/** Whether `work` ends within `ms` milliseconds, with a result or with an error. Never rejects. */
export async function endsWithin(
  work: Promise<unknown>,
  ms: number,
  clock?: Pick<Clock, 'setTimeout'>,
): Promise<boolean> {
  const ended = work.then(
    () => true,
    () => true,
  );
  return withTimeout(ended, ms, () => false, clock);
}
