import { type Database, guarded, isGone, withTransaction } from '@chasqui/db';
import { type Bar, type ConversationRole, type Message, NotFoundError } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
import type { ChangeDeps } from '../conversations/changeDeps';
import {
  lockConversation,
  openResting,
  type LockedConversation,
} from '../conversations/lockConversation';
import type { StoredReaction } from './storedReactions';
import { readChanged } from './readMessages';

/** What a rule needs to know before it changes a message. */
export interface Subject {
  id: string;
  conversationId: string;
  conversationType: 'direct' | 'group';
  /** Nothing new is said here (barred.ts). */
  barred: Bar | null;
  /** The other person has not accepted the conversation. */
  requested: boolean;
  seq: number;
  kind: string;
  senderId: string;
  /** A tombstone, or beyond its conversation's retention. */
  deleted: boolean;
  content: string | null;
  reactions: StoredReaction[] | null;
  /** The role of the one who wants the change. */
  role: ConversationRole;
}

/** Columns to set; undefined changes nothing, and nothing is announced. */
export interface MessageChange {
  assignments: string;
  bind?: Record<string, unknown>;
}

const SUBJECT = `SELECT m.id, m.conversation_id AS "conversationId", c.type AS "conversationType", c.barred,
    c.requested_id IS NOT NULL AS requested, m.seq::float8 AS seq, m.kind, m.sender_id AS "senderId", ${isGone('m')} AS deleted,
    m.content_encrypted AS content, m.reactions, p.role
  FROM messages m
  JOIN conversations c ON c.id = m.conversation_id
  JOIN participants p ON p.conversation_id = m.conversation_id AND p.user_id = $userId AND p.joined_seq <= m.seq
  WHERE m.id = $messageId`;

/**
 * Changes one message under the lock of its conversation: the version rises, resting participants are
 * opened so that a sync finds it (D7), and everybody who may see it is told after the commit.
 * `decide` sees the message as it is under the lock; what it throws is thrown. NotFoundError when the
 * user may not see the message.
 */
export async function changeMessage(
  { db, announce }: ChangeDeps,
  userId: string,
  messageId: string,
  decide: (subject: Subject) => MessageChange | undefined,
): Promise<{ message: Message; changed: boolean; subject: Subject }> {
  return guarded(async () => {
    const { message, subject, membersVersion } = await withTransaction(db, async (transaction) => {
      const seen = await readSubject(db, transaction, userId, messageId);
      if (seen === undefined) throw new NotFoundError();
      const locked = await lockConversation(db, transaction, seen.conversationId);
      const subject = await readSubject(db, transaction, userId, messageId);
      if (locked === undefined || subject === undefined) throw new NotFoundError();
      const change = decide(subject);
      if (change !== undefined) await apply(db, transaction, locked, subject, change);
      return {
        // Before the commit: were it read after, a failure would leave a change that nobody was told of.
        message: await readChanged(db, transaction, subject),
        subject,
        membersVersion: change === undefined ? undefined : locked.membersVersion,
      };
    });
    const { conversationId, seq } = subject;
    if (membersVersion !== undefined) {
      announce.toMembers(conversationId, membersVersion, 'chat:message_updated', message, seq);
    }
    return { message, changed: membersVersion !== undefined, subject };
  });
}

async function apply(
  db: Database,
  transaction: Transaction,
  locked: LockedConversation,
  { conversationId, seq }: Subject,
  change: MessageChange,
): Promise<void> {
  await openResting(db, transaction, locked);
  await db.sequelize.query(
    `UPDATE messages SET ${change.assignments}, version = $version,
       changed_at = date_trunc('milliseconds', clock_timestamp())
     WHERE conversation_id = $conversationId AND seq = $seq`,
    {
      bind: { ...change.bind, version: locked.version + 1, conversationId, seq },
      type: QueryTypes.UPDATE,
      transaction,
    },
  );
  await db.sequelize.query(
    'UPDATE conversations SET version = version + 1 WHERE id = $conversationId',
    {
      bind: { conversationId },
      type: QueryTypes.UPDATE,
      transaction,
    },
  );
}

async function readSubject(
  db: Database,
  transaction: Transaction,
  userId: string,
  messageId: string,
): Promise<Subject | undefined> {
  const [row] = await db.sequelize.query<Subject>(SUBJECT, {
    bind: { userId, messageId },
    type: QueryTypes.SELECT,
    transaction,
  });
  return row;
}
