import { type Database, inTransaction, withTransaction } from '@chasqui/db';
import type { Message } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { messageUpdated } from '../events/messageEvents';
import { lockConversation, type LockedConversation } from '../conversations/lockConversation';
import { makeTombstones } from '../messages/makeTombstones';
import type { AccountDeps } from './accountDeps';
import {
  erasedSince,
  forgetClientIds,
  forgetTombstoneBatch,
  nextPlaceToErase,
  noteErased,
  ownSeqsBetween,
} from './eraseStatements';

/** Messages erased per transaction. Bounds how long other senders of the conversation wait. */
const AT_ONCE = 100;
/** Entries searched per statement. */
const WINDOW = 1_000;

/**
 * Replaces every message of a user by a tombstone, in batches. Each batch is a change under the conversation's lock like
 * any deletion (D7, D8). The same transaction records the progress, so erasing continues from there after a crash. The
 * account can no longer send when this starts. Resolves with whether no message is left.
 */
export async function eraseMessages(deps: AccountDeps, userId: string): Promise<boolean> {
  const { db } = deps;
  for (;;) {
    if (deps.isOver()) return false;
    const place = await nextPlaceToErase.row(db, userId);
    if (place === undefined) return true;
    const { conversationId, from, to } = place;
    const end = Math.min(from + WINDOW, to);
    const seqs = await ownSeqsBetween.rows(db, conversationId, from, end, userId, AT_ONCE);
    const done = seqs.length < AT_ONCE ? end : (seqs.at(-1) ?? end);
    await eraseBatch(deps, { userId, conversationId, seqs, done });
  }
}

interface Batch {
  userId: string;
  conversationId: string;
  seqs: number[];
  /** The seq up to which this conversation is erased after the batch. */
  done: number;
}

async function eraseBatch(
  { db, announce, recountUnread }: AccountDeps,
  batch: Batch,
): Promise<void> {
  const { userId, conversationId, seqs, done } = batch;
  const erased = await withTransaction(db, async (transaction) => {
    const changed = seqs.length === 0 ? undefined : await erase(db, transaction, batch);
    // Records the progress, last in its transaction. A concurrent process may already have recorded more.
    await noteErased.run(inTransaction(transaction), userId, conversationId, done);
    return changed;
  });
  if (erased === undefined || erased.messages.length === 0) return;
  const { messages, held } = erased;
  for (const message of messages) announce.toMembers(held.membersVersion, messageUpdated(message));
  await recountUnread(conversationId);
  // All live clients are notified. If this process had crashed before this line, a worker would notify them.
  await forgetTombstoneBatch.run(db, conversationId, held.version);
}

async function erase(
  db: Database,
  transaction: Transaction,
  { conversationId, seqs }: Batch,
): Promise<{ messages: Message[]; held: LockedConversation } | undefined> {
  const held = await lockConversation(transaction, conversationId);
  if (held === undefined) return undefined;
  const locations = seqs.map((seq) => ({ conversationId, seq }));
  await makeTombstones(transaction, locations);
  const on = inTransaction(transaction);
  await forgetClientIds.run(on, conversationId, seqs);
  return { messages: await erasedSince.rows(on, conversationId, seqs, held.version), held };
}
