import { type Database, guarded } from '@chasqui/db';
import { NotFoundError, type Receipt } from '@chasqui/protocol';
import { receiptOf } from './statements';

/** A user's positions in a conversation. Throws NotFoundError unless the user is a participant (D9). */
export async function readReceipt(
  db: Database,
  userId: string,
  conversationId: string,
): Promise<Receipt> {
  const positions = await guarded(() => receiptOf.row(db, conversationId, userId));
  if (positions === undefined) throw new NotFoundError();
  return { conversation_id: conversationId, user_id: userId, ...positions };
}
