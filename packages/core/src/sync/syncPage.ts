import type { Database } from '@chasqui/db';
import type { Message } from '@chasqui/protocol';
import {
  type ChangedConversation,
  changedConversations,
  changedMessages,
  newMessages,
} from './statements';
import type { SyncPosition } from './syncCursor';

/** One page of changes as read from PostgreSQL, before conversations and receipts are added. */
export interface SyncPage {
  /** Conversations whose changes begin on this page: it includes them with their receipts. */
  begun: ChangedConversation[];
  removed: string[];
  messages: Message[];
  /** Where the next page continues; undefined on the last one. */
  next?: SyncPosition;
}

const FIRST = '00000000-0000-0000-0000-000000000000';

/** Reads at most `limit` conversations and `limit` messages from this position on. */
export async function readSyncPage(
  db: Database,
  userId: string,
  from: SyncPosition,
  limit: number,
): Promise<SyncPage> {
  const page: SyncPage = { begun: [], removed: [], messages: [] };
  const start = from.conversationId ?? FIRST;
  const changed = await changedConversations.rows(db, userId, from.since, start, limit + 1);
  for (const [i, conversation] of changed.entries()) {
    const { conversationId } = conversation;
    if (i === limit) {
      page.next = { ...from, conversationId, phase: 'changed', marker: 0 };
      break;
    }
    if (!conversation.isMember) {
      page.removed.push(conversationId);
      continue;
    }
    const continues = from.conversationId === conversationId;
    if (!continues || (from.phase === 'changed' && from.marker <= conversation.fromVersion))
      page.begun.push(conversation);
    const position: SyncPosition = continues
      ? from
      : { ...from, conversationId, phase: 'changed', marker: conversation.fromVersion };
    const next = await readMessages(db, userId, conversation, position, limit, page.messages);
    if (next !== undefined) {
      page.next = next;
      break;
    }
  }
  return page;
}

/**
 * Appends changed entries by version, then new ones by seq. Returns where to continue once the page is full, else
 * undefined.
 */
async function readMessages(
  db: Database,
  userId: string,
  { conversationId, joinedSeq, fromSeq, fromVersion }: ChangedConversation,
  from: SyncPosition,
  limit: number,
  messages: Message[],
): Promise<SyncPosition | undefined> {
  const newFrom = Math.max(fromSeq, joinedSeq - 1);
  let { phase, marker } = from;
  if (phase === 'changed') {
    const room = limit - messages.length;
    if (room === 0) return { ...from, conversationId, phase, marker };
    const since = Math.max(marker, fromVersion);
    const found = await changedMessages.rows(db, userId, conversationId, since, newFrom, room);
    messages.push(...found);
    if (found.length === room) {
      return { ...from, conversationId, phase, marker: found.at(-1)?.version ?? since };
    }
    phase = 'new';
    marker = newFrom;
  }
  const room = limit - messages.length;
  if (room === 0) return { ...from, conversationId, phase, marker };
  const found = await newMessages.rows(db, userId, conversationId, marker, room);
  messages.push(...found);
  return found.length === room
    ? { ...from, conversationId, phase, marker: found.at(-1)?.seq ?? marker }
    : undefined;
}
