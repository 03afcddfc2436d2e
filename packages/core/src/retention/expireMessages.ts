import { columns, type Database, flag, guarded, number, statement } from '@chasqui/db';

/** Limits of one transaction, because sends to its locked conversations wait. */
const MAX_CONVERSATIONS = 20;
const MAX_MESSAGES_EACH = 250;

const expireStep = statement(
  'expire_messages',
  'SELECT expired, more FROM expire_messages($1::integer, $2::integer)',
  columns({ expired: number, more: flag }),
);

/**
 * Replaces messages older than their retention, by PostgreSQL's clock, with tombstones, in one bounded transaction. Any
 * number of processes may run this concurrently. The uncommitted work of a crashed process is found again. `more` means
 * that further messages are due.
 */
export async function expireMessages(db: Database): Promise<{ expired: number; more: boolean }> {
  const step = await guarded(() => expireStep.row(db, MAX_CONVERSATIONS, MAX_MESSAGES_EACH));
  return step ?? { expired: 0, more: false };
}
