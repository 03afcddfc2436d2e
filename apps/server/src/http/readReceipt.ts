import type { Database } from '@pern/db/connect';
import { NotFoundError } from '@pern/protocol/errors';
import type { Receipt } from '@pern/protocol/receipt';

const SELECT_RECEIPT = `
  SELECT p.conversation_id, p.user_id, p.delivered_seq, p.read_seq
  FROM messages m
  JOIN participants p ON p.conversation_id = m.conversation_id AND p.user_id = $1
  WHERE m.id = $2`;

/** How far a user has come in the conversation of a message. Throws NotFoundError for a stranger (D9). */
export type ReadReceipt = (userId: string, messageId: string) => Promise<Receipt>;

export function createReadReceipt(db: Database): ReadReceipt {
  return async (userId, messageId) => {
    const [row] = await db.query('read_receipt', SELECT_RECEIPT, [userId, messageId]);
    if (!row) throw new NotFoundError();
    const [conversationId, user, delivered, read] = row;
    return {
      conversation_id: String(conversationId),
      user_id: String(user),
      delivered_seq: Number(delivered),
      read_seq: Number(read),
    };
  };
}
