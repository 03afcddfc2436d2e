import { columns, type Database, flag, guarded, number, statement } from '@chasqui/db';

/** Limits of one transaction: it locks each conversation, so sends to it wait. */
const MAX_CONVERSATIONS = 20;
const MAX_MESSAGES_EACH = 250;

const expireStep = statement(
  'expire_messages',
  'SELECT expired, more FROM expire_messages($1::integer, $2::integer)',
  columns({ expired: number, more: flag }),
);

/**
 * Makes tombstones of messages older than their retention, by PostgreSQL's clock, in one bounded transaction. Any number
 * of processes may do so concurrently; whatever a dying process has not committed is found again. `more` says that
 * another call will find something.
 */
export async function expireMessages(db: Database): Promise<{ expired: number; more: boolean }> {
  const step = await guarded(() => expireStep.row(db, MAX_CONVERSATIONS, MAX_MESSAGES_EACH));
  return step ?? { expired: 0, more: false };
}
