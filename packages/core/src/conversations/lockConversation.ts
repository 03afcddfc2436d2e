import {
  columns,
  command,
  inTransaction,
  nullable,
  number,
  oneOf,
  statement,
  text,
} from '@chasqui/db';
import type { Transaction } from 'sequelize';

/** A conversation whose row this transaction holds, so no other transaction sends to it or changes it. */
export interface LockedConversation {
  id: string;
  type: 'direct' | 'group';
  title: string | null;
  lastSeq: number;
  version: number;
  membersVersion: number;
  participantCount: number;
}

const lockedRow = statement(
  'lock_conversation',
  `SELECT id, type, title, last_seq, version, members_version, participant_count
   FROM conversations WHERE id = $1::uuid FOR NO KEY UPDATE`,
  columns<LockedConversation>({
    id: text,
    type: oneOf('direct', 'group'),
    title: nullable(text),
    lastSeq: number,
    version: number,
    membersVersion: number,
    participantCount: number,
  }),
);

const openRows = command(
  'open_resting',
  `WITH resting AS (
     SELECT conversation_id, user_id FROM participants
     WHERE uuid_send(conversation_id) = uuid_send($1::uuid) AND NOT open
     ORDER BY conversation_id, user_id FOR NO KEY UPDATE
   )
   UPDATE participants p SET open = true, from_seq = $2::bigint, from_version = $3::bigint,
     from_pos = (SELECT last_value FROM change_pos)
   FROM resting r WHERE p.conversation_id = r.conversation_id AND p.user_id = r.user_id`,
);

/** Waits for the conversation's row, at most the lock time-out. Undefined if it does not exist. */
export function lockConversation(
  transaction: Transaction,
  conversationId: string,
): Promise<LockedConversation | undefined> {
  return lockedRow.row(inTransaction(transaction), conversationId);
}

/**
 * Opens the resting participants at the state before the change (RULES.md, R5). Every transaction that changes
 * something visible to a sync calls this once while it holds the conversation's row.
 */
export async function openResting(
  transaction: Transaction,
  { id, lastSeq, version }: LockedConversation,
): Promise<void> {
  await openRows.run(inTransaction(transaction), id, lastSeq, version);
}
