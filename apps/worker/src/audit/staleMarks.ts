import type { Finding } from './rules';

export interface StaleMarks {
  /** Where marks were seen that may be stale: to be looked at again. */
  conversations(): string[];
  /** Of what was found in the conversations looked at: all but stale marks that may still go by themselves. */
  prove(looked: Iterable<string>, findings: Finding[]): Finding[];
}

/** Conversations that are kept in mind: they are looked at in every turn. */
const REMEMBERED = 20;
/** A wake-up may meet a busy conversation, or more marks than it takes off at once. */
const WAKEUPS = 3;

/**
 * A mark `pending` with nothing behind it is no damage by itself: a server that dies between an
 * acknowledgement and its settling leaves one, and the recipient's next wake-up takes it off, which
 * may be ten minutes away. It is one when several wake-ups have come and it is still there.
 */
export function createStaleMarks(): StaleMarks {
  /** By conversation and user: the attempts of the delivery when it was first seen. */
  const seen = new Map<string, Map<string, number>>();

  function hasOutlived(finding: Finding): boolean {
    const { conversationId, userId, figures } = finding;
    const attempts = Number(figures.attempts);
    const known = seen.get(conversationId) ?? new Map<string, number>();
    const first = known.get(userId ?? '');
    // Fewer than before: the backoff began anew.
    if (first === undefined || attempts < first) {
      known.set(userId ?? '', attempts);
      if (seen.has(conversationId) || seen.size < REMEMBERED) seen.set(conversationId, known);
      return false;
    }
    return attempts >= first + WAKEUPS;
  }

  return {
    conversations: () => [...seen.keys()],
    prove(looked, findings) {
      const stale = findings.filter(({ kind }) => kind === 'mark_stale');
      for (const id of looked) {
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
