import type { Database } from '@chasqui/db';
import type { Receipt } from '@chasqui/protocol';
import { locateMessage } from '../messages/readMessages';
import type { PageRequest } from '../paging/page';
import { readReceipt } from './readReceipt';
import { type MessageStatusPage, readStatus } from './readStatus';
import type { Watermarks } from './watermarks';

/** What an acknowledgement covers: everything up to one message, or up to a seq of a conversation. */
export type AckTarget = { messageId: string } | { conversationId: string; seq: number };

/**
 * Delivery and read receipts (D6). Every method throws NotFoundError if the user may not see the conversation or the
 * message (D9), and UnavailableError if PostgreSQL does not answer.
 */
export interface Receipts {
  /**
   * Moves the user's positions but no device's cursor (REST), and resolves with the positions after the commit.
   * Positions only rise, so a repeat changes nothing. Throws ValidationError beyond the conversation's last seq.
   */
  acknowledge(userId: string, target: AckTarget, status: 'delivered' | 'read'): Promise<Receipt>;
  /** One page of a message's recipients with their status, and when it changed, to the second. */
  readStatus(userId: string, messageId: string, page: PageRequest): Promise<MessageStatusPage>;
}

export function createReceipts({
  db,
  watermarks,
}: {
  db: Database;
  watermarks: Watermarks;
}): Receipts {
  return {
    async acknowledge(userId, target, status) {
      const { conversationId, seq } =
        'seq' in target ? target : await locateMessage(db, userId, target.messageId);
      await watermarks.acknowledge({ userId, deviceNo: null, conversationId, seq, status });
      return readReceipt(db, userId, conversationId);
    },
    readStatus: (userId, messageId, page) => readStatus(db, userId, messageId, page),
  };
}
