import type { ServerFacts } from '../statements/instance';

const OLDEST = 13;

/** Why this server cannot be used, in one line; undefined when it can. Only its operator can change that. */
export function whyUnfit({ version, encoding, replicationRole }: ServerFacts): string | undefined {
  if (version < OLDEST * 10_000) {
    const found = Math.floor(version / 10_000);
    return `PostgreSQL ${found} is too old: Chasqui needs PostgreSQL ${OLDEST} or later`;
  }
  if (encoding !== 'UTF8') {
    return `the encoding of the database is ${encoding}: create it with ENCODING 'UTF8' TEMPLATE template0`;
  }
  if (replicationRole !== 'origin') {
    return `session_replication_role is ${replicationRole}, which switches triggers off: ALTER ROLE … RESET session_replication_role`;
  }
  return undefined;
}

/** Why a pooler that gives each transaction another session cannot be used. */
export const TRANSACTION_POOLING =
  'a pooler in transaction or statement mode is in front of the database: set session pooling (pgbouncer: pool_mode = session), or use the address of PostgreSQL itself';

interface Session {
  readonly isPooled: boolean;
  query(text: string): Promise<{ rows: { pid: number }[] }>;
}

/**
 * Whether two clients share one session, as they do behind a pooler in transaction mode. `first` and
 * `second` are separate idle connections. Queries nothing when there is no pooler.
 */
export async function sharesSessions(first: Session, second: Session): Promise<boolean> {
  if (!first.isPooled) return false;
  const pidOf = async (session: Session): Promise<number | undefined> =>
    (await session.query('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
  const own = await pidOf(first);
  await second.query('BEGIN');
  try {
    // Either `second` got the session that `first` used, or `first` gets another one while that is held.
    if ((await pidOf(second)) === own) return true;
    return (await pidOf(first)) !== own;
  } finally {
    await second.query('ROLLBACK');
  }
}
