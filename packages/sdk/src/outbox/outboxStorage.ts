import type { Change, Storage } from '../storage/storage';
import { type StoredEntry, storedEntrySchema } from './outboxEntry';

/** The outbox of one user, where it is stored: what is in here survives reload, crash and days offline. */
export interface OutboxStorage {
  /** All of it, oldest first. What is no entry of ours is passed over. */
  read(): Promise<StoredEntry[]>;
  write(entries: readonly StoredEntry[]): Promise<void>;
  remove(entries: readonly Pick<StoredEntry, 'order'>[]): Promise<void>;
}

export function createOutboxStorage(storage: Storage, userId: string): OutboxStorage {
  const prefix = `user/${userId}/outbox/`;
  const change = (order: string, value?: StoredEntry): Change => ({ key: prefix + order, value });
  return {
    async read() {
      const stored = await storage.list(prefix);
      return stored.flatMap(({ value }) => storedEntrySchema.safeParse(value).data ?? []);
    },
    write: (entries) => storage.write(entries.map((entry) => change(entry.order, entry))),
    remove: (entries) => storage.write(entries.map(({ order }) => change(order))),
  };
}

/**
 * Places for new messages, each after all before it: by the clock, and by count where the clock stands still or was
 * set back. The text at the end tells two tabs apart that write in the same millisecond.
 */
export function createOrder(now: () => number, tab: string): (after: string | undefined) => string {
  let last = 0;
  return (after) => {
    const newest = after === undefined ? 0 : Number(after.slice(0, DIGITS));
    last = Math.max(now(), last + 1, newest + 1);
    return `${String(last).padStart(DIGITS, '0')}-${tab}`;
  };
}

const DIGITS = 16;
