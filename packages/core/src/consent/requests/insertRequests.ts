import type { Database } from '@chasqui/db';
import { newId } from '@chasqui/foundation';
import type { ConversationRole } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';
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
const INSERT = `INSERT INTO requests AS r (id, kind, conversation_id, from_id, to_id, role)
  SELECT a.id, $3, $4, $5, a.to_id, $6 FROM unnest($1::uuid[], $2::uuid[]) AS a (id, to_id)
  ON CONFLICT (conversation_id, to_id) DO UPDATE
    SET id = excluded.id, from_id = excluded.from_id, role = excluded.role, state = 'open', created_at = now(),
      settled_at = NULL
    WHERE r.state IN ('accepted', 'withdrawn')
      OR (r.state = 'declined' AND r.settled_at < now() - interval '${ASKED_AGAIN_AFTER}')
  RETURNING r.to_id AS "toId"`;

/**
 * Inserts requests to these users. The caller holds the conversation's row, or has just inserted it. Returns the users
 * who did not have the request yet. Throws RateLimitError if the sender has sent too many requests.
 */
export async function insertRequests(
  db: Database,
  transaction: Transaction,
  { kind, conversationId, fromId, toIds, role }: EndpointRequest,
): Promise<string[]> {
  if (toIds.length === 0) return [];
  await checkQuota(db, transaction, fromId, kind, toIds.length);
  const rows = await db.sequelize.query<{ toId: string }>(INSERT, {
    bind: [toIds.map(() => newId()), toIds, kind, conversationId, fromId, role],
    type: QueryTypes.SELECT,
    transaction,
  });
  return rows.map(({ toId }) => toId);
}
