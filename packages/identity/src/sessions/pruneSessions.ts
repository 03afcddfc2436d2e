import { sessionStatements } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import { literal, Op } from 'sequelize';
import type { IdentityStore } from '../identityStore';

const EVERY_MS = 3_600_000;
const ROWS_AT_ONCE = 1_000;
const A_DAY_AGO = literal("now() - interval '1 day'");

/** Removes sessions a day after their end, and links of token chains that nobody can use any more. */
export async function pruneSessions({ db, refreshTokens }: IdentityStore): Promise<number> {
  const ended = (await sessionStatements.pruneEndedSessions.row(db, ROWS_AT_ONCE)) ?? 0;
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
