import type { Tabs } from './tabs';

/** Nobody else uses the storage: as in Node, where a file has one owner, and where a browser has no Web Locks. */
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
    tell: () => undefined,
    listen: () => () => undefined,
    close: () => undefined,
  };
}
