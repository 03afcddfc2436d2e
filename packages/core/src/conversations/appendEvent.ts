import { column, type Database, inTransaction, number, statement } from '@chasqui/db';
import { newId } from '@chasqui/foundation';
import type { ConversationEvent } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { entryOf } from '../events/entry';
import type { LockedConversation } from './lockConversation';
import { toMessage } from '../messages/messageRows';
import type { Entry } from '../ports/index';
import { conversationModels } from './conversationModels';

/** Returns the time of the change, milliseconds since 1970 by the clock of PostgreSQL. */
const changeRow = statement(
  'change_conversation_row',
  `UPDATE conversations SET title = $2::text, last_seq = $3::bigint, version = $4::bigint,
     members_version = $5::bigint, participant_count = $6::integer,
     updated_at = date_trunc('milliseconds', clock_timestamp())
   WHERE id = $1::uuid RETURNING (extract(epoch FROM updated_at) * 1000)::float8`,
  column(number),
);

/** Further changes to the group's row in the same update. */
export interface RowChange {
  /** Users who join (positive) or leave (negative); raises the version of the membership (D9). */
  members?: 0 | 1 | -1;
  title?: string;
}

/** A group after an event entry, and the entry to announce after the commit. */
export interface Appended {
  group: LockedConversation;
  entry: Entry;
}

/**
 * Appends an event entry to the conversation's log. It takes the next seq and version (D3) and does not count as unread
 * (D8). The caller holds the conversation's row and has called `openResting`.
 */
export async function appendEvent(
  db: Database,
  transaction: Transaction,
  before: LockedConversation,
  senderId: string,
  event: ConversationEvent,
  { members = 0, title }: RowChange = {},
): Promise<Appended> {
  const group: LockedConversation = {
    ...before,
    title: title ?? before.title,
    lastSeq: before.lastSeq + 1,
    version: before.version + 1,
    membersVersion: before.membersVersion + Math.abs(members),
    participantCount: before.participantCount + members,
  };
  const at = await writeRow(transaction, group);
  const id = newId();
  await conversationModels(db).messages.create(
    {
      conversationId: group.id,
      seq: group.lastSeq,
      id,
      version: group.version,
      kind: 'event',
      senderId,
      createdAt: new Date(at),
      event,
    },
    { transaction, returning: false },
  );
  const message = toMessage([
    ...[id, group.id, group.lastSeq, group.version, 'event', senderId, null, 'text', null, null],
    ...[at / 1000, null, null, null, event, null, 'sent'],
  ]);
  return { group, entry: entryOf(message, at) };
}

async function writeRow(transaction: Transaction, group: LockedConversation): Promise<number> {
  const { id, title, lastSeq, version, membersVersion, participantCount } = group;
  const on = inTransaction(transaction);
  const values = [id, title, lastSeq, version, membersVersion, participantCount];
  const at = await changeRow.row(on, ...values);
  if (at === undefined) throw new Error('a locked conversation has no row');
  return at;
}
