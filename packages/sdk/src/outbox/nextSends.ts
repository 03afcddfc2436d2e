import type { StoredEntry } from './outboxEntry';

/** What the outbox knows at a moment. */
export interface OutboxView {
  /** In order. */
  readonly entries: readonly StoredEntry[];
  /** Conversations of which an attempt is under way. */
  readonly underWay: ReadonlySet<string>;
  /** Until when a conversation waits after an attempt without an answer, in milliseconds since 1970. */
  readonly waitUntil: ReadonlyMap<string, number>;
  readonly now: number;
}

/** Attempts at once. More conversations than this wait for each other only a moment. */
export const AT_ONCE = 8;

/**
 * What is to be sent now: of each conversation the first that is not refused, and only when nothing of that
 * conversation is under way. With two under way the second could be stored while the first is turned away for a
 * moment, and the order would be lost. What was refused steps aside; its user decides.
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

/** When somebody has to look again, in milliseconds since 1970; undefined when no entry waits for a moment. */
export function nextLook({ entries, underWay, waitUntil, now }: OutboxView): number | undefined {
  let earliest: number | undefined;
  for (const { conversation_id: id, refused } of entries) {
    if (refused !== null || underWay.has(id)) continue;
    const at = waitUntil.get(id) ?? 0;
    if (at > now && (earliest === undefined || at < earliest)) earliest = at;
  }
  return earliest;
}
