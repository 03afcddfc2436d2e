import type { Entry } from '../entry';
import type { ChatState } from '../state/chatState';
import { entryAt } from '../state/timeline';

/**
 * Which entries of a frame come for the first time. The wire may repeat what was not acknowledged; what is known, or lies
 * before all that is known, has been here before (D4: exactly once).
 */
export function arrivedByFrame(state: ChatState, entries: readonly Entry[]): Entry[] {
  return entries.filter(({ conversation_id: id, seq }) => {
    const known = state.entriesByConversation[id] ?? [];
    const [first] = known;
    return first === undefined || (seq > first.seq && entryAt(known, seq) === undefined);
  });
}

/**
 * The same for a page of sync, which holds changed entries beside new ones. New is what lies beyond where its
 * conversation stood when this connection began; of a conversation that was unknown then, everything.
 */
export function arrivedBySync(
  state: ChatState,
  began: ChatState,
  entries: readonly Entry[],
): Entry[] {
  return entries.filter(({ conversation_id: id, seq }) => {
    const before = began.entriesByConversation[id] ?? [];
    const stood = before.at(-1)?.seq ?? began.conversationsById[id]?.last_seq ?? 0;
    return seq > stood && entryAt(state.entriesByConversation[id] ?? [], seq) === undefined;
  });
}

/**
 * What of a page of sync there is to show: what is new, and changes of what is shown. A change of an old entry in a
 * conversation that was never opened would stand there alone.
 */
export function worthShowing(
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
