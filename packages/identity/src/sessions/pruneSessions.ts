import { sessionStatements } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import { literal, Op } from 'sequelize';
import type { IdentityStore } from '../identityStore';

const EVERY_MS = 3_600_000;
const ROWS_AT_ONCE = 1_000;
const A_DAY_AGO = literal("now() - interval '1 day'");

/** Deletes sessions a day after their end, and refresh tokens that can no longer be used. */
export async function pruneSessions({ db, refreshTokens }: IdentityStore): Promise<number> {
  const ended = (await sessionStatements.pruneEndedSessions.row(db, ROWS_AT_ONCE)) ?? 0;
  const links = await refreshTokens.destroy({
    where: { expiresAt: { [Op.lt]: A_DAY_AGO } },
    limit: ROWS_AT_ONCE,
  });
  return ended + links;
}

/**
 * Prunes periodically on every node; concurrent runs are harmless. Returns a function that stops
 * it.
 */
export function startPruning(store: IdentityStore, log: Log): () => void {
  const timer = setInterval(() => {
    pruneSessions(store).then(
      (rows) => {
        if (rows > 0) log.info({ rows }, 'pruned old sessions');
      },
      (error: unknown) =>
        log.warn({ err: error }, 'pruning old sessions failed; retrying at the next interval'),
    );
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
