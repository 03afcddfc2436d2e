import { column, inTransaction, statement, text } from '@chasqui/db';
import { newId } from '@chasqui/foundation';
import type { ConversationRole } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { checkQuota } from '../quota';

/** A declined invitation can be repeated after this time. */
const ASKED_AGAIN_AFTER = '30 days';

interface EndpointRequest {
  kind: 'contact' | 'group';
  conversationId: string;
  fromId: string;
  toIds: readonly string[];
  role: ConversationRole;
}

// An open or recently declined request stays unchanged. The sender gets the same response in both cases.
const insertOrRepeat = statement(
  'insert_requests',
  `INSERT INTO requests AS r (id, kind, conversation_id, from_id, to_id, role)
   SELECT a.id, $3::text, $4::uuid, $5::uuid, a.to_id, $6::text FROM unnest($1::uuid[], $2::uuid[]) AS a (id, to_id)
   ON CONFLICT (conversation_id, to_id) DO UPDATE
     SET id = excluded.id, from_id = excluded.from_id, role = excluded.role, state = 'open', created_at = now(),
       settled_at = NULL
     WHERE r.state IN ('accepted', 'withdrawn')
       OR (r.state = 'declined' AND r.settled_at < now() - interval '${ASKED_AGAIN_AFTER}')
   RETURNING r.to_id`,
  column(text),
);

/**
 * Inserts requests to these users. The caller holds the conversation's row, or has just inserted it. Returns the users
 * who did not have the request yet. Throws RateLimitError if the sender has sent too many requests.
 */
export async function insertRequests(
  transaction: Transaction,
  { kind, conversationId, fromId, toIds, role }: EndpointRequest,
): Promise<string[]> {
  if (toIds.length === 0) return [];
  await checkQuota(transaction, fromId, kind, toIds.length);
  const ids = toIds.map(() => newId());
  const on = inTransaction(transaction);
  return insertOrRepeat.rows(on, ids, toIds, kind, conversationId, fromId, role);
}
