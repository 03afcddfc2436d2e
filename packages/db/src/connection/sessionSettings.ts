/** Longest time a client waits for the answer to a statement before it gives up the connection, milliseconds. */
export const STATEMENT_TIMEOUT_MS = 6_000;

/**
 * What the promises hang on, for every session: a role, a database or a server may be configured otherwise.
 * Not pinned, because it is the operator's to say: search_path, default_transaction_read_only (/readyz
 * reports it), and a synchronous_commit that waits for more or other servers than this one.
 */
const PINNED: Readonly<Record<string, string>> = {
  // A repeated send, and every lock, counts on seeing what was committed before the statement.
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // The client gives up after STATEMENT_TIMEOUT_MS; then nobody waits for the statement any more.
  statement_timeout: '10s',
  lock_timeout: '4s',
  idle_in_transaction_session_timeout: '30s',
  idle_session_timeout: '0',
  transaction_timeout: '0',
  // How values look as text.
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
  // Every statement here finds few rows by a key. A plan that was made while the tables were small may read
  // them whole, and would be kept until they are next analyzed, which a busy minute does not wait for: so each
  // execution is planned by the size that the tables have (the hot functions pin their own).
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
  // JIT costs more than it gives on queries of a few rows.
  jit: 'off',
};

/**
 * Migrations read and write whole tables, take their time, and give way to traffic: a change of the schema
 * that waits for a lock makes everybody wait who comes after it.
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
 * Pins the settings of a session. Statements and no start-up parameters: poolers refuse those. Settings that
 * a version does not have are left out. Its one row is the process id of the session that ran it.
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

/** For a session that serves. */
export const PIN_SESSION = pinning(PINNED);

/** For the session that migrates. */
export const PIN_MIGRATION = pinning(MIGRATING);
