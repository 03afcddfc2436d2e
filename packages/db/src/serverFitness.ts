/** What decides whether a PostgreSQL can be used at all. Cheap, and the same before and after migrations. */
export interface ServerFacts {
  version: number;
  encoding: string;
  replicationRole: string;
}

/** Rows of `SERVER_FACTS`, as arrays. */
export const SERVER_FACTS = `SELECT current_setting('server_version_num')::int,
  current_setting('server_encoding'), current_setting('session_replication_role')`;

const OLDEST = 13;

export function toServerFacts(row: readonly unknown[] | undefined): ServerFacts {
  return {
    version: Number(row?.[0]),
    encoding: String(row?.[1]),
    replicationRole: String(row?.[2]),
  };
}

/** Why this server is refused, in one line; undefined when it is fit. Nothing but its operator can change that. */
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

/** Why a pooler is refused that gives each transaction another session. */
export const TRANSACTION_POOLING =
  'a pooler in transaction or statement mode stands before the database: Chasqui needs sessions (pgbouncer: pool_mode = session), or the address of PostgreSQL itself';

interface Session {
  readonly isPooled: boolean;
  query(text: string): Promise<{ rows: { pid: number }[] }>;
}

/**
 * Whether two clients are given one session in turn, as a pooler in transaction mode does. `first` and
 * `second` are idle connections of their own. Without a pooler in between nothing is asked.
 */
export async function sharesSessions(first: Session, second: Session): Promise<boolean> {
  if (!first.isPooled) return false;
  const pidOf = async (session: Session): Promise<number | undefined> =>
    (await session.query('SELECT pg_backend_pid() AS pid')).rows[0]?.pid;
  const own = await pidOf(first);
  await second.query('BEGIN');
  try {
    // The session that `first` is not using, or while that one is held another one than before.
    if ((await pidOf(second)) === own) return true;
    return (await pidOf(first)) !== own;
  } finally {
    await second.query('ROLLBACK');
  }
}
