import type { Log } from '@chasqui/foundation';
import { literal, Op } from 'sequelize';
import type { IdentityStore } from '../identityStore';

const EVERY_MS = 3_600_000;
const ROWS_AT_ONCE = 1_000;
const A_DAY_AGO = literal("now() - interval '1 day'");

/**
 * Another issuer may go on signing tokens for a session that was ended here, for as long as it likes. So of such a
 * session (UUID of version 8) its id is kept, a digest, when the rest of it goes.
 */
const PRUNE = `
  WITH over AS (
    SELECT id FROM sessions
    WHERE expires_at < now() - interval '1 day' OR revoked_at < now() - interval '1 day' LIMIT ${ROWS_AT_ONCE}
  ), removed AS (
    DELETE FROM sessions USING over WHERE sessions.id = over.id RETURNING sessions.id, sessions.revoked_at
  ), kept AS (
    INSERT INTO ended_external_sessions (session_id)
    SELECT id FROM removed WHERE revoked_at IS NOT NULL AND substr(id::text, 15, 1) = '8'
    ON CONFLICT DO NOTHING
  )
  SELECT count(*)::int FROM removed`;

/** Removes sessions a day after their end, and links of token chains that nobody can use any more. */
export async function pruneSessions({ db, refreshTokens }: IdentityStore): Promise<number> {
  const [row] = await db.query('prune_sessions', PRUNE, []);
  const ended = Number(row?.[0] ?? 0);
  const links = await refreshTokens.destroy({
    where: { expiresAt: { [Op.lt]: A_DAY_AGO } },
    limit: ROWS_AT_ONCE,
  });
  return ended + links;
}

/** Prunes now and then, on every node; doing it twice harms nothing. Returns what stops it. */
export function startPruning(store: IdentityStore, log: Log): () => void {
  const timer = setInterval(() => {
    pruneSessions(store).then(
      (rows) => {
        if (rows > 0) log.info({ rows }, 'old sessions removed');
      },
      (error: unknown) => log.warn({ err: error }, 'old sessions stay until the next time'),
    );
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
