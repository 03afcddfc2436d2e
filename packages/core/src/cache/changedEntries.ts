import type { EntryHint } from '../ports/index';

/** An entry as it is since an edit, a deletion or a reaction. */
export interface ChangedEntry {
  conversationId: string;
  id: string;
  seq: number;
  version: number;
  /** The Message as JSON text. */
  json: string;
}

/** What `chat:message_updated` tells, from its own text. */
export function changedEntry(json: string): ChangedEntry {
  const message = JSON.parse(json) as {
    conversation_id: string;
    id: string;
    seq: number;
    version: number;
  };
  const { conversation_id: conversationId, id, seq, version } = message;
  return { conversationId, id, seq, version, json };
}

/** Puts the change in place of the entry, unless that is as new. Says whether the entry is among them. */
export function amend(entries: EntryHint[], change: ChangedEntry): boolean {
  const at = entries.findIndex(({ seq }) => seq === change.seq);
  const entry = entries[at];
  if (entry === undefined) return false;
  entries[at] = amended(entry, change);
  return true;
}

/** The entry with the change, or as it is when that is as new. */
export function amended(entry: EntryHint, change: ChangedEntry): EntryHint {
  const { version } = JSON.parse(entry.json) as { version: number };
  return entry.id === change.id && version < change.version
    ? { ...entry, json: change.json }
    : entry;
}
