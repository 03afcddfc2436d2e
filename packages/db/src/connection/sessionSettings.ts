/** How long a client waits for the answer to a statement before it drops the connection, milliseconds. */
export const STATEMENT_TIMEOUT_MS = 6_000;

/**
 * Settings that the promises depend on, pinned for every session: a role, a database or a server may be configured
 * differently. Settings of the operator are not pinned: search_path, default_transaction_read_only (/readyz reports
 * it), and a synchronous_commit that waits for other servers.
 */
const PINNED: Readonly<Record<string, string>> = {
  // Repeated sends and locks rely on seeing everything that was committed before the statement.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // The client gives up after STATEMENT_TIMEOUT_MS; nobody waits for a longer statement.
  statement_timeout: '10s',
  lock_timeout: '4s',
  idle_in_transaction_session_timeout: '30s',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  // Text format of values.
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  transform_null_equals: 'off',
  gin_fuzzy_search_limit: '0',
  row_security: 'on',
  client_min_messages: 'warning',
  // Every statement finds few rows by a key. A plan made while the tables were small may read them entirely, and
  // would be kept until they are next analyzed. So each execution is planned for the current size (the hot functions
  // pin their own plans).
  plan_cache_mode: 'force_custom_plan',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_indexscan: 'on',
  enable_indexonlyscan: 'on',
  enable_bitmapscan: 'on',
  enable_nestloop: 'on',
  enable_sort: 'on',
  join_collapse_limit: '8',
  from_collapse_limit: '8',
  // JIT costs more than it saves on queries of a few rows.
  jit: 'off',
};

/**
 * Migrations read and write whole tables, may take long, and yield to traffic: a schema change that waits for a lock
 * makes every later session wait.
 */
const MIGRATING: Readonly<Record<string, string>> = {
  ...PINNED,
  plan_cache_mode: 'auto',
  enable_seqscan: 'on',
  enable_hashjoin: 'on',
  enable_mergejoin: 'on',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
};

/**
 * Builds the statements that pin the settings of a session. Not start-up parameters, which poolers refuse. Skips
 * settings that the server's version lacks. Returns one row with the session's process id.
 */
function pinning(settings: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(settings).map(([name, value]) => `('${name}', '${value}')`);
  return `
SET statement_timeout = '10s';
SELECT pg_backend_pid() AS pid, count(set_config(s.name, v.value, false)),
  -- [D1] An acknowledged message has reached the disk.
  set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on'
    ELSE current_setting('synchronous_commit') END, false)
FROM (VALUES ${pairs.join(', ')}) v (name, value) JOIN pg_settings s ON lower(s.name) = lower(v.name)`;
}

/** For sessions of the pool. */
export const PIN_SESSION = pinning(PINNED);

/** For migrations. */
export const PIN_MIGRATION = pinning(MIGRATING);
