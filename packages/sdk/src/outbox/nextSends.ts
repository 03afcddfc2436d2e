import type { StoredEntry } from './outboxEntry';

/** The sending state of the outbox at one moment. */
export interface OutboxView {
  /** In order. */
  readonly entries: readonly StoredEntry[];
  /** Conversations with an attempt in flight. */
  readonly underWay: ReadonlySet<string>;
  /** When a conversation may try again after a failed attempt, in milliseconds since 1970. */
  readonly waitUntil: ReadonlyMap<string, number>;
  readonly now: number;
}

/** Concurrent attempts, each in a different conversation. */
export const AT_ONCE = 8;

/**
 * Returns the messages to send now: the first unrefused message of each conversation that has nothing in flight. With two
 * in flight, the server could store the second while the first fails, which would break the order. Refused messages are
 * skipped until the user retries or discards them.
 */
export function nextSends({ entries, underWay, waitUntil, now }: OutboxView): StoredEntry[] {
  const taken = new Set(underWay);
  const next: StoredEntry[] = [];
  for (const entry of entries) {
    if (taken.size >= AT_ONCE) break;
    const { conversation_id: id, refused } = entry;
    if (refused !== null || taken.has(id)) continue;
    if ((waitUntil.get(id) ?? 0) > now) continue;
    taken.add(id);
    next.push(entry);
  }
  return next;
}

/** Returns when the next wait ends, in milliseconds since 1970; undefined when no message is waiting to be retried. */
export function nextRetryAt({ entries, underWay, waitUntil, now }: OutboxView): number | undefined {
  let earliest: number | undefined;
  for (const { conversation_id: id, refused } of entries) {
    if (refused !== null || underWay.has(id)) continue;
    const at = waitUntil.get(id) ?? 0;
    if (at > now && (earliest === undefined || at < earliest)) earliest = at;
  }
  return earliest;
}
