/**
 * Creates a serial queue: tasks run one at a time, in call order. A failed task does not stop the ones after it. The same
 * as in foundation, which is not published: the SDK depends on nothing but the protocol.
 */
export function createSerialQueue(): <T>(work: () => T | Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return mine;
  };
}
