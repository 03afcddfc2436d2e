import { withTransaction, type Database } from '@pern/db/connect';
import type { Message } from '@pern/protocol/message';
import { QueryTypes, type Transaction } from 'sequelize';
import { lockConversation, openResting } from '../lockConversation';
import { COLUMNS, STATUS, toMessage } from '../messageRows';
import type { AccountDeps } from './accountDeps';

/** Messages that are erased in one transaction: other senders of the conversation wait no longer than for this. */
const AT_ONCE = 100;
/** Entries that are looked through at once. */
const WINDOW = 1_000;

// Where the user is, and where they have been; from where it was gone so far.
const NEXT_PLACE = `SELECT w.conversation_id, greatest(w.from_seq - 1,
    CASE WHEN w.conversation_id = d.erased_in THEN d.erased_seq ELSE 0 END)::float8, w.to_seq::float8
  FROM account_deletions d CROSS JOIN LATERAL (
    SELECT p.conversation_id, p.joined_seq AS from_seq, c.last_seq AS to_seq
    FROM participants p JOIN conversations c ON c.id = p.conversation_id WHERE p.user_id = d.user_id
    UNION ALL
    SELECT f.conversation_id, f.from_seq, f.to_seq FROM former_memberships f WHERE f.user_id = d.user_id
  ) w
  WHERE d.user_id = $1 AND (w.conversation_id, w.to_seq) > (d.erased_in, d.erased_seq)
  ORDER BY w.conversation_id, w.to_seq LIMIT 1`;

const OWN = `SELECT m.seq::float8 FROM messages m
  WHERE m.conversation_id = $1 AND m.seq > $2 AND m.seq <= $3 AND m.sender_id = $4 AND m.kind = 'message'
    AND (m.deleted_at IS NULL OR m.client_message_id IS NOT NULL)
  ORDER BY m.seq LIMIT $5`;

// Versions of their own, or a sync could not go on between two of them. A tombstone stays as it is to everybody.
const ERASE = `UPDATE messages m SET content_encrypted = NULL, reactions = NULL, client_message_id = NULL, digest = NULL,
    version = CASE WHEN m.deleted_at IS NULL THEN :version + o.n ELSE m.version END,
    changed_at = CASE WHEN m.deleted_at IS NULL THEN t.moment ELSE m.changed_at END,
    deleted_at = coalesce(m.deleted_at, t.moment)
  FROM (SELECT date_trunc('milliseconds', clock_timestamp()) AS moment) t,
    (SELECT x.seq, count(*) FILTER (WHERE x.deleted_at IS NULL) OVER (ORDER BY x.seq) AS n
     FROM messages x WHERE x.conversation_id = :conversationId AND x.seq IN (:seqs)) o
  WHERE m.conversation_id = :conversationId AND m.seq = o.seq
  RETURNING m.version > :version AS changed`;

/**
 * Makes tombstones of all that a user wrote, wherever it was, a few at a time: each batch is a change under the
 * conversation's lock like any deletion (D7, D8), and is noted in the same transaction, so that it goes on from there
 * after a crash. Nobody can write in their name any more when this begins. Resolves to whether all is done.
 */
export async function eraseMessages(deps: AccountDeps, userId: string): Promise<boolean> {
  const { db } = deps;
  for (;;) {
    if (deps.isOver()) return false;
    const [place] = await db.query('next_place_to_erase', NEXT_PLACE, [userId]);
    if (place === undefined) return true;
    const [conversationId, from, to] = place as [string, number, number];
    const end = Math.min(from + WINDOW, to);
    const rows = await db.query('own_messages', OWN, [conversationId, from, end, userId, AT_ONCE]);
    const seqs = (rows as [number][]).map(([seq]) => seq);
    const done = seqs.length < AT_ONCE ? end : (seqs.at(-1) ?? end);
    await eraseBatch(deps, { userId, conversationId, seqs, from, done });
  }
}

interface Batch {
  userId: string;
  conversationId: string;
  seqs: number[];
  /** How far it had come in this conversation, and how far it comes. */
  from: number;
  done: number;
}

async function eraseBatch({ db, announce, countAgain }: AccountDeps, batch: Batch): Promise<void> {
  const { conversationId, seqs } = batch;
  const erased = await withTransaction(db, async (transaction) => {
    const told = seqs.length === 0 ? undefined : await erase(db, transaction, batch);
    await note(db, transaction, batch);
    return told;
  });
  if (erased === undefined || erased.messages.length === 0) return;
  for (const message of erased.messages) {
    const { membersVersion } = erased;
    announce.toMembers(
      ...([conversationId, membersVersion, 'chat:message_updated', message, message.seq] as const),
    );
  }
  await countAgain(conversationId);
}

async function erase(
  db: Database,
  transaction: Transaction,
  { conversationId, seqs }: Batch,
): Promise<{ messages: Message[]; membersVersion: number } | undefined> {
  const held = await lockConversation(db, transaction, conversationId);
  if (held === undefined) return undefined;
  await openResting(db, transaction, held);
  const replacements = { conversationId, seqs, version: held.version };
  const rows = await db.sequelize.query<{ changed: boolean }>(ERASE, {
    ...{ replacements, type: QueryTypes.SELECT, transaction },
  });
  const changes = rows.filter(({ changed }) => changed).length;
  await db.sequelize.query('UPDATE conversations SET version = version + :changes WHERE id = :id', {
    replacements: { changes, id: conversationId },
    type: QueryTypes.UPDATE,
    transaction,
  });
  const changed = await db.sequelize.query<{ row: unknown[] }>(
    `SELECT json_build_array(${COLUMNS}, ${STATUS}) AS row FROM messages m
     WHERE m.conversation_id = :conversationId AND m.seq IN (:seqs) AND m.version > :version ORDER BY m.version`,
    { replacements, type: QueryTypes.SELECT, transaction },
  );
  return {
    messages: changed.map(({ row }) => toMessage(row)),
    membersVersion: held.membersVersion,
  };
}

/** Last in its transaction. Another one that does the same may have been quicker: that harms nothing. */
async function note(
  db: Database,
  transaction: Transaction,
  { userId, conversationId, done }: Batch,
): Promise<void> {
  await db.sequelize.query(
    `UPDATE account_deletions SET erased_in = :conversationId, erased_seq = :done
     WHERE user_id = :userId AND (erased_in, erased_seq) < (:conversationId::uuid, :done::bigint)`,
    {
      replacements: { userId, conversationId, done },
      type: QueryTypes.UPDATE,
      transaction,
    },
  );
}
