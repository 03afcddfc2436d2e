import type { ConversationRole, MyParticipation } from '@chasqui/protocol';

/** What a membership is to its user when it begins: all that was before counts as read (D8). */
export function newMembership(role: ConversationRole, joinedSeq: number): MyParticipation {
  const before = joinedSeq - 1;
  return { role, joined_seq: joinedSeq, delivered_seq: before, read_seq: before, unread_count: 0 };
}
