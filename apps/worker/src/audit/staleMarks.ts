import type { Finding } from './rules';

export interface StaleMarks {
  /** Conversations with marks that may be stale, to be checked again. */
  conversations(): string[];
  /** Filters the findings of the checked conversations: drops stale marks that a wake-up may still clear. */
  confirm(checked: Iterable<string>, findings: Finding[]): Finding[];
}

/** Conversations that are remembered. Each audit checks all of them again. */
const REMEMBERED = 20;
/** A wake-up may find the conversation locked, or more marks than it clears at once. */
const WAKEUPS = 3;

/**
 * A `pending` mark without an unacknowledged message is not an inconsistency by itself: a server that dies after an
 * acknowledgement leaves one, and the recipient's next wake-up clears it, up to ten minutes later. It is a finding
 * when it survives several wake-ups.
 */
export function createStaleMarks(): StaleMarks {
  /** Attempts of the delivery when the mark was first seen, by conversation and user. */
  const seen = new Map<string, Map<string, number>>();

  function hasOutlived(finding: Finding): boolean {
    const { conversationId, userId, figures } = finding;
    const attempts = Number(figures.attempts);
    const known = seen.get(conversationId) ?? new Map<string, number>();
    const first = known.get(userId ?? '');
    // Fewer attempts than before: the backoff has restarted.
    if (first === undefined || attempts < first) {
      known.set(userId ?? '', attempts);
      if (seen.has(conversationId) || seen.size < REMEMBERED) seen.set(conversationId, known);
      return false;
    }
    return attempts >= first + WAKEUPS;
  }

  return {
    conversations: () => [...seen.keys()],
    confirm(checked, findings) {
      const stale = findings.filter(({ kind }) => kind === 'mark_stale');
      for (const id of checked) {
        const known = seen.get(id);
        const still = stale.filter(({ conversationId }) => conversationId === id);
        for (const userId of known?.keys() ?? []) {
          if (!still.some((finding) => finding.userId === userId)) known?.delete(userId);
        }
        if (known?.size === 0) seen.delete(id);
      }
      return findings.filter((finding) => finding.kind !== 'mark_stale' || hasOutlived(finding));
    },
  };
}
