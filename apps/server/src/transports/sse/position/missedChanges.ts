import type { ChatCore } from '@chasqui/core';
import type { Conversation, Message, Receipt } from '@chasqui/protocol';

/** What a sync says has happened since a cursor. */
export interface MissedChanges {
  /** Entries before `arrived` that have changed, and entries after it. */
  messages: Message[];
  conversations: Conversation[];
  removed: string[];
  receipts: Receipt[];
  /** By conversation, the seq before the first entry after the cursor. */
  floors: ReadonlyMap<string, number>;
  /** The cursor after all of this. */
  cursor: string;
}

const PAGE_ITEMS = 100;
/** More is not worth the memory: the base stays where it is, and the next reconnect tries again. */
const PAGES_MAX = 100;

/** Reads everything since the cursor. Undefined if it is too much to hold. */
export async function readMissedChanges(
  sync: ChatCore['sync'],
  userId: string,
  since: string,
): Promise<MissedChanges | undefined> {
  const messages: Message[] = [];
  const conversations: Conversation[] = [];
  const removed: string[] = [];
  const receipts: Receipt[] = [];
  let cursor = since;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const answer = await sync.readChanges(userId, { limit: PAGE_ITEMS, cursor });
    messages.push(...answer.messages);
    conversations.push(...answer.conversations);
    removed.push(...answer.removed);
    receipts.push(...answer.receipts);
    ({ cursor } = answer);
    if (answer.has_more) continue;
    // Read last, so that it names every conversation of the answers.
    const floors = await sync.coveredBy(userId, since);
    return { messages, conversations, removed, receipts, floors, cursor };
  }
  return undefined;
}

/**
 * The messages that are not new entries: entries up to the floor of their conversation, and later ones that changed
 * after they were sent.
 */
export function changedAmong({ messages, floors }: MissedChanges): Message[] {
  const latest = new Map<string, Message>();
  for (const message of messages) {
    const known = latest.get(message.id);
    if (known === undefined || known.version <= message.version) latest.set(message.id, message);
  }
  const lowestAfter = new Map<string, number>();
  const changed: Message[] = [];
  for (const message of [...latest.values()].sort((a, b) => b.seq - a.seq)) {
    const { conversation_id: id, seq, version } = message;
    const lowest = lowestAfter.get(id) ?? Infinity;
    // Versions rise with seq unless an entry changed later.
    if (seq <= (floors.get(id) ?? 0) || isVisiblyChanged(message) || version > lowest)
      changed.push(message);
    lowestAfter.set(id, Math.min(lowest, version));
  }
  return changed.reverse();
}

const isVisiblyChanged = ({ edited_at, deleted_at, reactions }: Message): boolean =>
  edited_at !== null || deleted_at !== null || reactions.length > 0;

/** By conversation, the last of the new entries. */
export function lastNewSeqs({ messages, floors }: MissedChanges): Map<string, number> {
  const last = new Map<string, number>();
  for (const { conversation_id: id, seq } of messages) {
    if (seq > Math.max(floors.get(id) ?? 0, last.get(id) ?? 0)) last.set(id, seq);
  }
  return last;
}
