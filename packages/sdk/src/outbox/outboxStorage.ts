import type { Change, Storage } from '../storage/storage';
import { type StoredEntry, storedEntrySchema } from './outboxEntry';

/** The stored outbox of one user. Survives reloads, crashes and days offline. */
export interface OutboxStorage {
  /** Returns all messages, oldest first. Ignores unreadable values. */
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
 * Creates sort keys for new messages, each greater than all earlier ones: by the clock, or by counting when the clock
 * stops or is set back. The suffix distinguishes tabs that write in the same millisecond.
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
