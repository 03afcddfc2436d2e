import { column, columns, flag, text } from './columns';
import { command, statement } from './statement';

export const recordedMigrations = statement(
  'recorded_migrations',
  'SELECT name FROM migrations',
  column(text),
);

export const recordMigration = command(
  'record_migration',
  'INSERT INTO migrations (name) VALUES ($1)',
);

/** Binds: relations, tables and columns in pairs, functions. */
export const schemaObjectsExist = statement(
  'schema_objects_exist',
  `SELECT NOT EXISTS (SELECT FROM unnest($1::text[]) AS r (name) WHERE to_regclass(r.name) IS NULL)
    AND NOT EXISTS (SELECT FROM unnest($2::text[], $3::text[]) AS c (relation, name)
      WHERE NOT EXISTS (SELECT FROM pg_attribute a
        WHERE a.attrelid = to_regclass(c.relation) AND a.attname = c.name AND NOT a.attisdropped))
    AND NOT EXISTS (SELECT FROM unnest($4::text[]) AS f (name) WHERE to_regproc(f.name) IS NULL)`,
  column(flag),
);

/** The lock that serializes migrations of several nodes. Every release uses this number. */
export const MIGRATION_LOCK = 7_205_759;

const HOLDER = `format('process %s (%s as %s, %s, transaction since %s)', a.pid,
  coalesce(nullif(a.application_name, ''), 'unnamed'), coalesce(a.usename, '?'),
  coalesce(a.state, 'unknown state'), coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '?'))`;

/** Describes the session that holds the migration lock. */
export const holderOfMigrationLock = statement(
  'holder_of_migration_lock',
  `SELECT ${HOLDER}
   FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
   WHERE l.locktype = 'advisory' AND l.granted AND l.pid <> pg_backend_pid()
     AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
     AND l.classid = ${Math.floor(MIGRATION_LOCK / 2 ** 32)} AND l.objid = ${MIGRATION_LOCK % 2 ** 32}`,
  column(text),
);

/** Describes up to three sessions with table locks, oldest transaction first: younger ones are probably waiting too. */
export const holdersOfTables = statement(
  'holders_of_tables',
  `SELECT ${HOLDER}
   FROM pg_stat_activity a
   WHERE a.pid <> pg_backend_pid() AND a.datname = current_database() AND a.xact_start IS NOT NULL
     AND EXISTS (SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
       WHERE l.pid = a.pid AND l.granted AND c.relnamespace <> 'pg_catalog'::regnamespace)
   ORDER BY a.xact_start LIMIT 3`,
  column(text),
);

/** Runs to 1 when the role exists. */
export const roleExists = command('role_exists', 'SELECT FROM pg_roles WHERE rolname = $1');

export const roleFacts = statement(
  'role_facts',
  `SELECT pg_has_role(oid, (SELECT oid FROM pg_roles WHERE rolname = current_user), 'MEMBER'),
     rolsuper OR rolcreaterole
   FROM pg_roles WHERE rolname = $1`,
  columns({ isOwner: flag, isPrivileged: flag }),
);

/** GRANT statements for one role, on Chasqui's objects only: other programs may keep tables in the same schema. */
export const grantStatements = statement(
  'grant_statements',
  `WITH place AS (
     SELECT n.oid AS schema, n.nspname AS name, r.oid AS owner
     FROM pg_namespace n, pg_roles r WHERE n.nspname = current_schema() AND r.rolname = current_user
   )
   SELECT format('GRANT CONNECT ON DATABASE %I TO %I', d.datname, $1::text) AS statement
     FROM pg_database d, place WHERE d.datname = current_database() AND pg_has_role(place.owner, d.datdba, 'MEMBER')
   UNION ALL
   SELECT format('GRANT USAGE ON SCHEMA %I TO %I', name, $1)
     FROM place JOIN pg_namespace n ON n.oid = place.schema WHERE pg_has_role(place.owner, n.nspowner, 'MEMBER')
   UNION ALL
   SELECT format(CASE
       WHEN c.relkind = 'S' THEN 'GRANT USAGE, SELECT ON SEQUENCE %I.%I TO %I'
       WHEN c.relname = 'migrations' THEN 'GRANT SELECT ON %I.%I TO %I'
       ELSE 'GRANT SELECT, INSERT, UPDATE, DELETE ON %I.%I TO %I' END, name, c.relname, $1)
     FROM place JOIN pg_class c ON c.relnamespace = place.schema AND c.relowner = place.owner
     WHERE c.relkind IN ('r', 'p', 'v', 'S')
   UNION ALL
   SELECT format('GRANT EXECUTE ON FUNCTION %s TO %I', f.oid::regprocedure, $1)
     FROM place JOIN pg_proc f ON f.pronamespace = place.schema AND f.proowner = place.owner
     WHERE f.prokind = 'f'
   UNION ALL
   SELECT format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT %s TO %I', name, future, $1)
     FROM place, unnest(ARRAY['SELECT, INSERT, UPDATE, DELETE ON TABLES', 'USAGE, SELECT ON SEQUENCES',
       'EXECUTE ON FUNCTIONS']) AS future`,
  column(text),
);
