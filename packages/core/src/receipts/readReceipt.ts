import { type Database, guarded } from '@chasqui/db';
import { NotFoundError, type Receipt } from '@chasqui/protocol';

const RECEIPT = `SELECT delivered_seq::float8, read_seq::float8 FROM participants
  WHERE conversation_id = $1 AND user_id = $2`;

/** How far a user has come in a conversation. Throws NotFoundError for a stranger (D9). */
export function readReceipt(
  db: Database,
  userId: string,
  conversationId: string,
): Promise<Receipt> {
  return guarded(async () => {
    const [row] = await db.query('read_receipt', RECEIPT, [conversationId, userId]);
    if (row === undefined) throw new NotFoundError();
    const [delivered, read] = row as [number, number];
    return {
      conversation_id: conversationId,
      user_id: userId,
      delivered_seq: delivered,
      read_seq: read,
    };
  });
}
