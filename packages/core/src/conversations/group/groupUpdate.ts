import type { Database } from '@chasqui/db';
import { type ConversationForAll, PARTICIPANTS_PREVIEW } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { conversationUpdated, conversationUpdatedFor } from '../../events/conversationEvents';
import type { Announce } from '../../fanout/announce';
import type { LockedConversation } from '../lockConversation';
import { STATUS } from '../../messages/messageRows';
import type { Entry } from '../../ports/index';
import {
  CONVERSATION,
  lastMessageJoin,
  toConversation,
  type ConversationRow,
} from '../read/conversationRows';
import { jsonRows } from '../read/jsonRows';
import { firstParticipants, requestedParticipants } from '../../members/rows/participantRows';

/** A changed group, read before the commit so that nothing can fail between commit and announcement. */
export interface GroupUpdate {
  group: LockedConversation;
  /** With the first participants, as in events. */
  conversation: ConversationForAll;
  /** Members who joined after the last message and must not see it (D9). */
  joinedLater: string[];
}

const FOR_ALL = `SELECT json_build_object(${CONVERSATION}, 'joined_later', ARRAY(
    SELECT p.user_id FROM participants p WHERE p.conversation_id = c.id AND p.joined_seq > l.seq)) AS row
  FROM conversations c ${lastMessageJoin('1', STATUS)} WHERE c.id = $1`;

/** Reads the group inside the transaction, in the state that the commit will publish. */
export async function readGroupUpdate(
  db: Database,
  transaction: Transaction,
  group: LockedConversation,
): Promise<GroupUpdate> {
  const [row] = await jsonRows<ConversationRow & { joined_later: string[] }>(
    db,
    'conversation_for_all',
    FOR_ALL,
    [group.id],
    transaction,
  );
  if (row === undefined) throw new Error('a locked conversation has no row');
  const participants = await firstParticipants(db, [group.id], PARTICIPANTS_PREVIEW, transaction);
  const asked = row.requested_id === null ? [] : [group.id];
  const requested = await requestedParticipants(db, asked, transaction);
  const shown = [...(participants.get(group.id) ?? []), ...requested.values()];
  return {
    group,
    conversation: toConversation(row, shown),
    joinedLater: row.joined_later,
  };
}

/**
 * Announces new entries and the group's new state to its members, after the commit. Only members whose membership
 * covers the last message receive it (D9).
 */
export function announceGroupUpdate(
  announce: Announce,
  { group, conversation, joinedLater }: GroupUpdate,
  entries: Entry[],
): void {
  if (entries.length > 0) announce.entries(group.id, group.membersVersion, entries);
  const covered = conversation.last_message?.seq ?? null;
  announce.toMembers(group.membersVersion, conversationUpdated(conversation, covered));
  if (joinedLater.length > 0) {
    announce.toUsers(conversationUpdatedFor(joinedLater, { ...conversation, last_message: null }));
  }
}
