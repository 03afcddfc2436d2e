import { columns, command, inTransaction, number, statement } from '@chasqui/db';
import { INVITATIONS_PER_DAY, RateLimitError, REQUESTS_PER_DAY } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';

const MOST = { contact: REQUESTS_PER_DAY, group: INVITATIONS_PER_DAY } as const;

const lockRequests = command(
  'lock_requests',
  `SELECT pg_advisory_xact_lock(hashtextextended('asks:' || $1::text, 0))`,
);

const sentRequests = statement(
  'sent_requests',
  `SELECT count(*), coalesce(extract(epoch FROM min(s.created_at) + interval '1 day' - now()), 86400)::float8
   FROM (
     SELECT r.created_at FROM requests r
     WHERE r.from_id = $1::uuid AND r.kind = $2::text AND r.created_at > now() - interval '1 day'
     ORDER BY r.created_at DESC LIMIT $3::integer
   ) s`,
  columns({ count: number, waitS: number }),
);

/**
 * Limits how many requests a user may send in 24 hours. Concurrent calls for one user are serialized by a lock, the last
 * one that the transaction takes (RULES.md, R8). Throws RateLimitError.
 */
export async function checkQuota(
  transaction: Transaction,
  fromId: string,
  kind: keyof typeof MOST,
  count: number,
): Promise<void> {
  const on = inTransaction(transaction);
  await lockRequests.run(on, fromId);
  const sent = await sentRequests.row(on, fromId, kind, MOST[kind]);
  if ((sent?.count ?? 0) + count <= MOST[kind]) return;
  throw new RateLimitError(sent?.waitS ?? 1, `at most ${MOST[kind]} people can be asked in a day`);
}
