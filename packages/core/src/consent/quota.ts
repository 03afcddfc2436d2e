import type { Database } from '@chasqui/db';
import { INVITATIONS_PER_DAY, RateLimitError, REQUESTS_PER_DAY } from '@chasqui/protocol';
import { QueryTypes, type Transaction } from 'sequelize';

const MOST = { contact: REQUESTS_PER_DAY, group: INVITATIONS_PER_DAY } as const;

const SENT = `SELECT count(*)::integer AS sent,
    coalesce(extract(epoch FROM min(s.created_at) + interval '1 day' - now()), 86400)::float8 AS "waitS"
  FROM (
    SELECT r.created_at FROM requests r
    WHERE r.from_id = $1 AND r.kind = $2 AND r.created_at > now() - interval '1 day'
    ORDER BY r.created_at DESC LIMIT $3
  ) s`;

/**
 * Limits how many requests a user may send in 24 hours. Concurrent calls for one user are serialized by a lock, the last
 * one that the transaction takes (RULES.md, R8). Throws RateLimitError.
 */
export async function checkQuota(
  db: Database,
  transaction: Transaction,
  fromId: string,
  kind: keyof typeof MOST,
  count: number,
): Promise<void> {
  await db.sequelize.query(`SELECT pg_advisory_xact_lock(hashtextextended('asks:' || $1, 0))`, {
    ...{ bind: [fromId], type: QueryTypes.SELECT, transaction },
  });
  const [row] = await db.sequelize.query<{ sent: number; waitS: number }>(SENT, {
    ...{ bind: [fromId, kind, MOST[kind]], type: QueryTypes.SELECT, transaction },
  });
  if ((row?.sent ?? 0) + count <= MOST[kind]) return;
  throw new RateLimitError(row?.waitS ?? 1, `at most ${MOST[kind]} people can be asked in a day`);
}
