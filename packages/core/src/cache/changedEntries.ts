import type { ServerEvent } from '@chasqui/protocol';
import { messageReceivedFromJson } from '../events/messageEvents';
import type { Entry } from '../ports/index';

/** An entry in its state after an edit, a deletion or a reaction. */
export interface ChangedEntry {
  conversationId: string;
  id: string;
  seq: number;
  version: number;
  event: ServerEvent<'chat:message_updated'>;
}

export function changedEntry(event: ServerEvent<'chat:message_updated'>): ChangedEntry {
  const { conversation_id: conversationId, id, seq, version } = event.data;
  return { conversationId, id, seq, version, event };
}

/** Replaces the entry by its changed state unless the entry is as new. Returns whether `entries` contains it. */
export function amend(entries: Entry[], change: ChangedEntry): boolean {
  const at = entries.findIndex(({ seq }) => seq === change.seq);
  const entry = entries[at];
  if (entry === undefined) return false;
  entries[at] = amended(entry, change);
  return true;
}

/** The entry in its changed state, or unchanged if it is as new. */
export function amended(entry: Entry, change: ChangedEntry): Entry {
  if (entry.id !== change.id || entry.event.data.version >= change.version) return entry;
  const { conversationId, seq } = change;
  return { ...entry, event: messageReceivedFromJson(conversationId, seq, change.event.json) };
}
