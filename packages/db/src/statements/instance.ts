import { bytes, column, columns, listOf, number, text } from './columns';
import { command, statement } from './statement';

/** The facts that decide whether a PostgreSQL server can be used. Cheap, and the same before and after migrations. */
export interface ServerFacts {
  version: number;
  encoding: string;
  replicationRole: string;
}

const SERVER_FACTS = `SELECT current_setting('server_version_num')::int,
  current_setting('server_encoding'), current_setting('session_replication_role')`;

export const serverFacts = statement(
  'server_facts',
  SERVER_FACTS,
  columns<ServerFacts>({ version: number, encoding: text, replicationRole: text }),
);

export const serverFactsAndMigrations = statement(
  'readiness',
  `${SERVER_FACTS}, ARRAY(SELECT m.name FROM migrations m)::text[]`,
  columns<ServerFacts & { migrations: string[] }>({
    version: number,
    encoding: text,
    replicationRole: text,
    migrations: listOf(text),
  }),
);

/** Changes no row. A standby and a read-only database refuse it, like any write. */
export const writeNothing = command('writable', 'UPDATE users SET id = id WHERE false');

export const cursorKey = statement(
  'cursor_key',
  `SELECT value FROM instance WHERE key = 'cursor_key'`,
  column(bytes),
);

export const addFindings = command(
  'record_finding',
  `INSERT INTO findings AS f (source, kind, count) VALUES ($1, $2, $3)
   ON CONFLICT (source, kind) DO UPDATE SET count = f.count + excluded.count, last_at = now()`,
);

export const findingsOfSource = statement(
  'read_findings',
  'SELECT kind, count FROM findings WHERE source = $1',
  columns({ kind: text, count: number }),
);

export const usersWithoutSearchKey = statement(
  'users_without_search_key',
  'SELECT id, username, display_name FROM users WHERE search_key IS NULL AND deleted_at IS NULL LIMIT $1::int',
  columns({ id: text, username: text, displayName: text }),
);

export const writeSearchKeys = command(
  'write_search_keys',
  `UPDATE users u SET search_key = f."searchKey", search_grams = f."searchGrams"
   FROM jsonb_to_recordset($1::jsonb)
     AS f (id uuid, username text, "displayName" text, "searchKey" text, "searchGrams" integer[])
   WHERE u.id = f.id AND u.username = f.username AND u.display_name = f."displayName" AND u.search_key IS NULL`,
);
