import type { Entry } from '../state/entry';
import type { ChatState } from '../state/chatState';
import { entryAt } from '../state/timeline';

/**
 * Returns the entries of a frame that are new. The server may resend unacknowledged entries; an entry that is known, or
 * older than all known ones, was received before (D4).
 */
export function newInFrame(state: ChatState, entries: readonly Entry[]): Entry[] {
  return entries.filter(({ conversation_id: id, seq }) => {
    const known = state.entriesByConversation[id] ?? [];
    const [first] = known;
    return first === undefined || (seq > first.seq && entryAt(known, seq) === undefined);
  });
}

/**
 * Returns the entries of a sync page that are new; the page also contains changed ones. An entry is new if it lies beyond
 * the end of its conversation as known when this connection began. All entries of a then unknown conversation are new.
 */
export function newInSync(state: ChatState, began: ChatState, entries: readonly Entry[]): Entry[] {
  return entries.filter(({ conversation_id: id, seq }) => {
    const before = began.entriesByConversation[id] ?? [];
    const stood = before.at(-1)?.seq ?? began.conversationsById[id]?.last_seq ?? 0;
    return seq > stood && entryAt(state.entriesByConversation[id] ?? [], seq) === undefined;
  });
}

/**
 * Returns the entries of a sync page to keep: new ones, and changes of entries already loaded. A changed old entry of a
 * conversation that was never opened would otherwise appear on its own.
 */
export function entriesToKeep(
  state: ChatState,
  arrived: readonly Entry[],
  entries: readonly Entry[],
): Entry[] {
  const isNew = new Set(arrived);
  return entries.filter((entry) => {
    const first = state.entriesByConversation[entry.conversation_id]?.[0]?.seq ?? Infinity;
    return isNew.has(entry) || entry.seq >= first;
  });
}
