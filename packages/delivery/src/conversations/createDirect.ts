import { withTransaction, type Database } from '@pern/db/connect';
import { guarded } from '@pern/db/storeErrors';
import type { Conversation } from '@pern/protocol/conversation';
import { NotFoundError, ValidationError } from '@pern/protocol/errors';
import { QueryTypes, type Transaction } from 'sequelize';
import { v7 } from 'uuid';
import { barredError } from '../barred';
import { blockedAmong } from '../blocks/blockedAmong';
import { lockPair, pairKey } from '../blocks/pair';
import type { ConversationDeps } from './conversationDeps';
import { conversationModels } from './conversationModels';
import { insertParticipants } from './insertParticipants';
import { readConversations } from './readConversations';
import { unknownUsers } from './unknownUsers';

/**
 * The conversation of two: made now, or the one that exists. Both may ask at once, on different nodes:
 * they get the same one, and only one of them `created` it. Throws ValidationError for oneself and
 * NotFoundError for an unknown user,
 * ForbiddenError for a new one while one of the two blocks the other.
 */
export async function createDirect(
  { db, announce, retentionS = null }: ConversationDeps,
  userId: string,
  otherId: string,
): Promise<{ conversation: Conversation; created: boolean }> {
  if (userId === otherId) {
    const message = 'must be somebody else';
    throw new ValidationError(`user_id: ${message}`, [{ path: 'user_id', message }]);
  }
  return guarded(async () => {
    const answer = await withTransaction(db, async (transaction) => {
      const { id, created } = await findOrInsert(db, transaction, userId, otherId, retentionS);
      const mine = await readConversations(db, userId, [id], { preview: false, transaction });
      const theirs = created
        ? await readConversations(db, otherId, [id], { preview: true, transaction })
        : [];
      return { conversation: mine[0], theirs: theirs[0], created };
    });
    const { conversation, theirs, created } = answer;
    if (conversation === undefined) throw new NotFoundError();
    if (theirs !== undefined) {
      announce.toUsers([userId], 'conversation:created', conversation);
      announce.toUsers([otherId], 'conversation:created', theirs);
    }
    return { conversation, created };
  });
}

async function findOrInsert(
  db: Database,
  transaction: Transaction,
  userId: string,
  otherId: string,
  retentionS: number | null,
): Promise<{ id: string; created: boolean }> {
  const directKey = pairKey(userId, otherId);
  const known = await findDirect(db, transaction, directKey);
  if (known !== undefined) return { id: known, created: false };

  // A block is committed before, and seen here, or after, and bars what is made here.
  await lockPair(db, transaction, directKey);
  if ((await unknownUsers(db, transaction, [userId, otherId])).size > 0) throw new NotFoundError();
  const blocked = await blockedAmong(db, transaction, userId, [otherId]);
  if (blocked.size > 0) throw barredError('blocked');
  const inserted = await insertDirect(db, transaction, userId, directKey, retentionS);
  if (inserted === undefined) {
    // The insert waited for somebody else's, which is committed now.
    const theirs = await findDirect(db, transaction, directKey);
    if (theirs === undefined)
      throw new Error('a direct conversation disappeared while it was made');
    return { id: theirs, created: false };
  }
  await insertParticipants(
    db,
    transaction,
    { conversationId: inserted.id, joinedSeq: 1, fromVersion: 0, at: inserted.at },
    [userId, otherId].map((id) => ({ userId: id, role: 'member' })),
  );
  return { id: inserted.id, created: true };
}

async function findDirect(
  db: Database,
  transaction: Transaction,
  directKey: string,
): Promise<string | undefined> {
  const found = await conversationModels(db).conversations.findOne({
    attributes: ['id'],
    where: { directKey },
    transaction,
  });
  return found?.id;
}

/** Version 1 and no entry: its history begins with the first message. */
async function insertDirect(
  db: Database,
  transaction: Transaction,
  userId: string,
  directKey: string,
  retentionS: number | null,
): Promise<{ id: string; at: number } | undefined> {
  const [row] = await db.sequelize.query<{ id: string; at: number }>(
    `INSERT INTO conversations (id, type, created_by, version, participant_count, direct_key, retention_s)
     VALUES ($1, 'direct', $2, 1, 2, $3, $4) ON CONFLICT (direct_key) DO NOTHING
     RETURNING id, (extract(epoch FROM updated_at) * 1000)::float8 AS at`,
    { bind: [v7(), userId, directKey, retentionS], type: QueryTypes.SELECT, transaction },
  );
  return row;
}
