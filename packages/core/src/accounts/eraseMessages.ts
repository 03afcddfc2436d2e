import { type Database, withTransaction } from '@chasqui/db';
import type { Message } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
import { messageUpdated } from '../events/messageEvents';
import { lockConversation, type LockedConversation } from '../conversations/lockConversation';
import { COLUMNS, STATUS, toMessage } from '../messages/messageRows';
import { makeTombstones } from '../messages/makeTombstones';
import type { AccountDeps } from './accountDeps';

/** Messages erased per transaction. Bounds how long other senders of the conversation wait. */
const AT_ONCE = 100;
/** Entries searched per statement. */
const WINDOW = 1_000;

// The next current or former membership to erase, from the seq that is already done.
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

// A separate statement, because a trigger stores the digest when the content is removed.
const FORGET_IDS = `UPDATE messages m SET client_message_id = NULL, digest = NULL
  WHERE m.conversation_id = $conversationId AND m.seq = ANY ($seqs::bigint[])`;

const CHANGED = `SELECT json_build_array(${COLUMNS}, ${STATUS}) AS row FROM messages m
  WHERE m.conversation_id = $conversationId AND m.seq = ANY ($seqs::bigint[]) AND m.version > $version ORDER BY m.version`;

const TOLD = 'DELETE FROM tombstone_news WHERE conversation_id = $1 AND from_version = $2';

/**
 * Replaces every message of a user by a tombstone, in batches. Each batch is a change under the conversation's lock like
 * any deletion (D7, D8). The same transaction records the progress, so erasing continues from there after a crash. The
 * account can no longer send when this starts. Resolves with whether no message is left.
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
  /** Seqs of this conversation that are done before and after the batch. */
  from: number;
  done: number;
}

async function eraseBatch(
  { db, announce, recountUnread }: AccountDeps,
  batch: Batch,
): Promise<void> {
  const { conversationId, seqs } = batch;
  const erased = await withTransaction(db, async (transaction) => {
    const changes = seqs.length === 0 ? undefined : await erase(db, transaction, batch);
    await note(db, transaction, batch);
    return changes;
  });
  if (erased === undefined || erased.messages.length === 0) return;
  const { messages, held } = erased;
  for (const message of messages) announce.toMembers(held.membersVersion, messageUpdated(message));
  await recountUnread(conversationId);
  // All live clients are notified. If this process had crashed before this line, a worker would notify them.
  await db.query('told_tombstones', TOLD, [conversationId, held.version]);
}

async function erase(
  db: Database,
  transaction: Transaction,
  { conversationId, seqs }: Batch,
): Promise<{ messages: Message[]; held: LockedConversation } | undefined> {
  const held = await lockConversation(db, transaction, conversationId);
  if (held === undefined) return undefined;
  const locations = seqs.map((seq) => ({ conversationId, seq }));
  await makeTombstones(transaction, locations);
  const bind = { conversationId, seqs, version: held.version };
  await db.sequelize.query(FORGET_IDS, { bind, type: QueryTypes.UPDATE, transaction });
  const changed = await db.sequelize.query<{ row: unknown[] }>(CHANGED, {
    ...{ bind, type: QueryTypes.SELECT, transaction },
  });
  return { messages: changed.map(({ row }) => toMessage(row)), held };
}

/** Records the progress, last in its transaction. A concurrent process may already have recorded more. */
async function note(
  db: Database,
  transaction: Transaction,
  { userId, conversationId, done }: Batch,
): Promise<void> {
  await db.sequelize.query(
    `UPDATE account_deletions SET erased_in = $conversationId, erased_seq = $done
     WHERE user_id = $userId AND (erased_in, erased_seq) < ($conversationId::uuid, $done::bigint)`,
    {
      bind: { userId, conversationId, done },
      type: QueryTypes.UPDATE,
      transaction,
    },
  );
}
