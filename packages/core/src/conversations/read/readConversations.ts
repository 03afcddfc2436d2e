import { type Database, guarded, isGone } from '@chasqui/db';
import {
  type Conversation,
  type MyParticipation,
  PARTICIPANTS_EMBEDDED_MAX,
  PARTICIPANTS_PREVIEW,
} from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { membershipOf } from '../../members/rows/membershipOf';
import { STATUS } from '../../messages/messageRows';
import {
  CONVERSATION,
  lastMessageJoin,
  toConversation,
  type ConversationRow,
} from './conversationRows';
import { jsonRows } from './jsonRows';
import { firstParticipants, requestedParticipants } from '../../members/rows/participantRows';

// If the viewer has not received another user's message, its status is 'sent' without checking other recipients.
const SEEN_BY_ME = `CASE WHEN m.sender_id <> me.user_id AND me.delivered_seq < m.seq THEN 'sent' ELSE ${STATUS} END`;

// Counts unread messages by a range of the log's primary key (D8).
const UNREAD = `(SELECT count(*) FROM messages n
  WHERE n.conversation_id = me.conversation_id AND n.seq > me.read_seq AND n.kind = 'message'
    AND NOT ${isGone('n')} AND n.sender_id <> me.user_id)`;

const CONVERSATIONS = `SELECT json_build_object(${CONVERSATION}, 'my', json_build_object(
    'role', me.role, 'joined_seq', me.joined_seq, 'delivered_seq', me.delivered_seq,
    'read_seq', me.read_seq, 'unread_count', ${UNREAD})) AS row
  FROM unnest($2::uuid[]) WITH ORDINALITY AS i (id, ord)
  ${membershipOf('i.id')} me ON true
  JOIN conversations c ON c.id = i.id
  ${lastMessageJoin('me.joined_seq', SEEN_BY_ME)}
  ORDER BY i.ord`;

export interface ReadOptions {
  /** Includes only the first participants, as in lists and events; otherwise up to 100. */
  preview: boolean;
  transaction?: Transaction;
}

/**
 * These conversations as one user sees them, in the order of the ids, without those in which the user is not a
 * participant (D9). Takes two queries for any number of conversations.
 */
export async function readConversations(
  db: Database,
  userId: string,
  ids: string[],
  { preview, transaction }: ReadOptions,
): Promise<Conversation[]> {
  if (ids.length === 0) return [];
  return guarded(async () => {
    const rows = await jsonRows<ConversationRow & { my: MyParticipation }>(
      db,
      'conversations_of',
      CONVERSATIONS,
      [userId, ids],
      transaction,
    );
    const participants = await firstParticipants(
      db,
      rows.map(({ id }) => id),
      preview ? PARTICIPANTS_PREVIEW : PARTICIPANTS_EMBEDDED_MAX,
      transaction,
    );
    const asked = rows.filter((row) => row.requested_id !== null).map(({ id }) => id);
    const requested = await requestedParticipants(db, asked, transaction);
    return rows.map((row) => {
      const second = requested.get(row.id);
      const shown = [
        ...(participants.get(row.id) ?? []),
        ...(second === undefined ? [] : [second]),
      ];
      return { ...toConversation(row, shown), my: row.my };
    });
  });
}
