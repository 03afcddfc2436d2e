import type { Tabs } from './tabs';

/** A single client that shares its storage with no other: in Node, and in browsers without Web Locks. */
export function createSoleTab(): Tabs {
  const underWay = new Map<string, Promise<unknown>>();
  return {
    lead(lead) {
      lead();
      return () => undefined;
    },
    exclusively(name, work) {
      const result = (underWay.get(name) ?? Promise.resolve()).then(work);
      underWay.set(
        name,
        result.catch(() => undefined),
      );
      return result;
    },
    notify: () => undefined,
    listen: () => () => undefined,
    close: () => undefined,
  };
}
