import {
  columns,
  guarded,
  inTransaction,
  nullable,
  number,
  statement,
  text,
  withTransaction,
} from '@chasqui/db';
import { newId } from '@chasqui/foundation';
import { type Conversation, NotFoundError, ValidationError } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { barredError } from '../blocks/barred';
import { blockedAmong } from '../blocks/blockedAmong';
import { lockPair, pairKey } from '../blocks/pair';
import { acceptContact } from '../consent/acceptContact';
import { admissionsOf } from '../consent/admission';
import { insertRequests } from '../consent/requests/insertRequests';
import type { ChangeDeps } from './changeDeps';
import { conversationCreated } from '../events/conversationEvents';
import { insertParticipants } from '../members/rows/insertParticipants';
import { readConversations } from './read/readConversations';
import { unknownUsers } from '../members/rows/unknownUsers';

interface Direct {
  id: string;
  /** The user who has not accepted the conversation yet. */
  requestedId: string | null;
}

const directWithKey = statement(
  'direct_with_key',
  'SELECT id, requested_id FROM conversations WHERE direct_key = $1::text',
  columns<Direct>({ id: text, requestedId: nullable(text) }),
);

/** Inserts version 1 without an entry: the log starts with the first message. No row if it exists already. */
const insertDirect = statement(
  'insert_direct',
  `INSERT INTO conversations (id, type, created_by, version, participant_count, direct_key, retention_s, requested_id)
   VALUES ($1::uuid, 'direct', $2::uuid, 1, $6::integer, $3::text, $4::integer, $5::uuid)
   ON CONFLICT (direct_key) DO NOTHING
   RETURNING id, (extract(epoch FROM updated_at) * 1000)::float8`,
  columns({ id: text, at: number }),
);

/**
 * Returns the direct conversation of two users and creates it if there is none. Concurrent calls on any node return the
 * same conversation, and exactly one reports `created`. If the other user must consent first, the conversation is
 * created for the caller alone, with a request to the other user (docs/subsystems/consent.md). The same call by the
 * other user accepts the request. Throws ValidationError for oneself and NotFoundError for an unknown user. If the
 * conversation does not exist yet, throws ForbiddenError if one user blocks the other or the other user accepts nobody,
 * and RateLimitError after too many requests.
 */
export async function createDirect(
  deps: ChangeDeps,
  userId: string,
  otherId: string,
): Promise<{ conversation: Conversation; created: boolean }> {
  const { db, announce } = deps;
  if (userId === otherId) {
    const message = 'must be somebody else';
    throw new ValidationError(`user_id: ${message}`, [{ path: 'user_id', message }]);
  }
  return guarded(async () => {
    const answer = await withTransaction(db, async (transaction) => {
      const found = await findOrInsert(deps, transaction, userId, otherId);
      const { id, created } = found;
      if (found.requestedId === userId) return { accepts: id, created };
      const mine = await readConversations(db, userId, [id], { preview: false, transaction });
      const theirs =
        created && found.requestedId === null
          ? await readConversations(db, otherId, [id], { preview: true, transaction })
          : [];
      return { conversation: mine[0], theirs: theirs[0], created };
    });
    if (answer.accepts !== undefined) {
      return { conversation: await acceptContact(deps, userId, answer.accepts), created: false };
    }
    const { conversation, theirs, created } = answer;
    if (conversation === undefined) throw new NotFoundError();
    if (created) announce.toUsers(conversationCreated([userId], conversation));
    if (theirs !== undefined) announce.toUsers(conversationCreated([otherId], theirs));
    return { conversation, created };
  });
}

async function findOrInsert(
  { db, retentionS = null, contactPolicy = 'open' }: ChangeDeps,
  transaction: Transaction,
  userId: string,
  otherId: string,
): Promise<Direct & { created: boolean }> {
  const directKey = pairKey(userId, otherId);
  const on = inTransaction(transaction);
  const known = await directWithKey.row(on, directKey);
  if (known !== undefined) return { ...known, created: false };

  // A concurrent block commits before this lock and is seen here, or after it and bars the new conversation.
  await lockPair(transaction, directKey);
  if ((await unknownUsers(transaction, [userId, otherId])).size > 0) throw new NotFoundError();
  const blocked = await blockedAmong(transaction, userId, [otherId]);
  if (blocked.size > 0) throw barredError('blocked');
  const question = { transaction, policy: contactPolicy, fromId: userId };
  const admissions = await admissionsOf(question, [otherId], { kind: 'message' });
  const admission = admissions.get(otherId);
  // The same error as for a block, so it does not reveal the privacy settings of the other user.
  if (admission === 'refused') throw barredError('blocked');
  const requestedId = admission === 'asked' ? otherId : null;
  const participants = requestedId === null ? [userId, otherId] : [userId];
  const inserted = await insertDirect.row(
    on,
    newId(),
    userId,
    directKey,
    retentionS,
    requestedId,
    participants.length,
  );
  if (inserted === undefined) {
    // The insert waited for a concurrent one, which is committed now.
    const existing = await directWithKey.row(on, directKey);
    if (existing === undefined)
      throw new Error('a direct conversation disappeared while it was created');
    return { ...existing, created: false };
  }
  await insertParticipants(
    db,
    transaction,
    { conversationId: inserted.id, joinedSeq: 1, fromVersion: 0, at: inserted.at },
    participants.map((id) => ({ userId: id, role: 'member' })),
  );
  if (requestedId !== null) {
    await insertRequests(transaction, {
      ...{ kind: 'contact', conversationId: inserted.id, fromId: userId, role: 'member' },
      toIds: [requestedId],
    });
  }
  return { id: inserted.id, requestedId, created: true };
}
