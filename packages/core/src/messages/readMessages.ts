import { type Database, guarded, inTransaction } from '@chasqui/db';
import { type Message, NotFoundError } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { fitPage, messageBytesAtMost } from '../paging/pageBytes';
import {
  membershipRange,
  messageAtSeq,
  messageById,
  messagesBetween,
  visibleLocation,
} from './statements';

/** A message by its id, without an access check. */
export function readMessageById(db: Database, messageId: string): Promise<Message | undefined> {
  return messageById.row(db, messageId);
}

/** A message as changed by this transaction. Throws NotFoundError if there is none. */
export async function readChanged(
  transaction: Transaction,
  { conversationId, seq }: Location,
): Promise<Message> {
  const message = await messageAtSeq.row(inTransaction(transaction), conversationId, seq);
  if (message === undefined) throw new NotFoundError();
  return message;
}

export interface Location {
  conversationId: string;
  seq: number;
}

/** The conversation and seq of a message. Throws NotFoundError if the user may not see it (D9). */
export async function locateMessage(
  db: Database,
  userId: string,
  messageId: string,
): Promise<Location> {
  const location = await guarded(() => visibleLocation.row(db, userId, messageId));
  if (location === undefined) throw new NotFoundError();
  return location;
}

export interface HistoryPage {
  limit: number;
  beforeSeq?: number | undefined;
  afterSeq?: number | undefined;
  offset?: number | undefined;
}

/**
 * A page of the entries that the membership covers, ascending by seq. With only `afterSeq` it is the oldest page after
 * that seq; otherwise the newest page before `beforeSeq`, `offset` entries further back. Seq has no gaps, so a page is
 * a range, and no plan reads more than the page (D12). A page above 1 MiB holds fewer entries, those next to where it
 * starts, so the next page continues from the entries received; `offset` grows by their number. Throws NotFoundError
 * unless the user is a participant.
 */
export async function readHistory(
  db: Database,
  userId: string,
  conversationId: string,
  { limit, beforeSeq, afterSeq, offset = 0 }: HistoryPage,
): Promise<{ messages: Message[]; has_more: boolean }> {
  return guarded(async () => {
    const membership = await membershipRange.row(db, conversationId, userId);
    if (membership === undefined) throw new NotFoundError();
    const { joinedSeq, lastSeq } = membership;
    const forward = afterSeq !== undefined && beforeSeq === undefined;
    const first = Math.max(joinedSeq - 1, afterSeq ?? 0);
    // One entry beyond the limit shows whether there are more.
    const end = forward
      ? first + limit + 2
      : Math.min(beforeSeq ?? Number.MAX_SAFE_INTEGER, lastSeq + 1) - offset;
    const start = forward ? first : Math.max(first, end - limit - 2);
    const found = await messagesBetween.rows(db, conversationId, start, end, userId);
    // `fitPage` keeps the first entries: put those next to the start of the page there.
    if (!forward) found.reverse();
    const messages = fitPage(found.slice(0, limit), messageBytesAtMost);
    const has_more = messages.length < found.length;
    if (!forward) messages.reverse();
    return { messages, has_more };
  });
}
