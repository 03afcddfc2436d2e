import { type Database, inTransaction } from '@chasqui/db';
import type { Participant } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { firstParticipantsOf, participantOf, requestedOf } from './statements';

/** The longest-standing participants of each of these conversations, at most `limit` of each. */
export async function firstParticipants(
  db: Database,
  conversationIds: string[],
  limit: number,
  transaction?: Transaction,
): Promise<Map<string, Participant[]>> {
  const on = transaction === undefined ? db : inTransaction(transaction);
  const byConversation = new Map<string, Participant[]>();
  for (const placed of await firstParticipantsOf.rows(on, conversationIds, limit)) {
    const participants = byConversation.get(placed.conversationId);
    if (participants === undefined) byConversation.set(placed.conversationId, [placed.participant]);
    else participants.push(placed.participant);
  }
  return byConversation;
}

/**
 * The second person of each of these direct conversations that is not accepted yet. The sender sees them with the
 * positions of somebody who has received nothing. Runs no query without ids.
 */
export async function requestedParticipants(
  db: Database,
  conversationIds: string[],
  transaction?: Transaction,
): Promise<Map<string, Participant>> {
  if (conversationIds.length === 0) return new Map();
  const on = transaction === undefined ? db : inTransaction(transaction);
  const rows = await requestedOf.rows(on, conversationIds);
  return new Map(rows.map(({ conversationId, participant }) => [conversationId, participant]));
}

/** One participant; undefined if the user is not one. */
export function readParticipant(
  transaction: Transaction,
  conversationId: string,
  userId: string,
): Promise<Participant | undefined> {
  return participantOf.row(inTransaction(transaction), conversationId, userId);
}
