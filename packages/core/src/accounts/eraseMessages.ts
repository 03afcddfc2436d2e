import { type Database, withTransaction } from '@chasqui/db';
import type { Message } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
import { messageUpdated } from '../events/messageEvents';
import { lockConversation, type LockedConversation } from '../conversations/lockConversation';
import { COLUMNS, STATUS, toMessage } from '../messages/messageRows';
import { makeTombstones } from '../messages/makeTombstones';
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

// In a statement of its own: as content goes, a trigger keeps its digest.
const FORGET_IDS = `UPDATE messages m SET client_message_id = NULL, digest = NULL
  WHERE m.conversation_id = $conversationId AND m.seq = ANY ($seqs::bigint[])`;

const CHANGED = `SELECT json_build_array(${COLUMNS}, ${STATUS}) AS row FROM messages m
  WHERE m.conversation_id = $conversationId AND m.seq = ANY ($seqs::bigint[]) AND m.version > $version ORDER BY m.version`;

const TOLD = 'DELETE FROM tombstone_news WHERE conversation_id = $1 AND from_version = $2';

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

async function eraseBatch(
  { db, announce, recountUnread }: AccountDeps,
  batch: Batch,
): Promise<void> {
  const { conversationId, seqs } = batch;
  const erased = await withTransaction(db, async (transaction) => {
    const told = seqs.length === 0 ? undefined : await erase(db, transaction, batch);
    await note(db, transaction, batch);
    return told;
  });
  if (erased === undefined || erased.messages.length === 0) return;
  const { messages, held } = erased;
  for (const message of messages) announce.toMembers(held.membersVersion, messageUpdated(message));
  await recountUnread(conversationId);
  // All who are connected have been told. Had this process died before, a worker would tell them.
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

/** Last in its transaction. Another one that does the same may have been quicker: that harms nothing. */
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
