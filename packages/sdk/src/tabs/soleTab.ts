import { createSerialQueue } from '../scheduling/serialQueue';
import type { Tabs } from './tabs';

/** A single client that shares its storage with no other: in Node, and in browsers without Web Locks. */
export function createSoleTab(): Tabs {
  const queues = new Map<string, ReturnType<typeof createSerialQueue>>();
  return {
    lead(lead) {
      lead();
      return () => undefined;
    },
    exclusively(name, work) {
      const enqueue = queues.get(name) ?? createSerialQueue();
      queues.set(name, enqueue);
      return enqueue(work);
    },
    notify: () => undefined,
    listen: () => () => undefined,
    close: () => undefined,
  };
}
