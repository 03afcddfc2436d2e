import { type Environment, parseSettings as parse, workerSettings } from '@chasqui/settings';

export interface Settings {
  databaseUrl: string;
  redisUrl: string;
  /** Folder whose disk is watched for free space; null to watch none. */
  dataDir: string | null;
  /** First delay of the backoff, milliseconds. */
  backoffMs: number;
  /** Interval of the sweep, milliseconds. */
  sweepIntervalMs: number;
  /** Interval of the audit, milliseconds. */
  auditIntervalMs: number;
  /** Maximum age of content in this instance, seconds; null for no limit. */
  retentionMaxS: number | null;
  /** How long events of topics are kept, milliseconds. */
  topicsKeptMs: number;
  logLevel: string;
  /** Address of the operator server; null for none. */
  metrics: { host: string; port: number } | null;
}

/** Throws SettingsError for the first missing or malformed setting. */
export function parseSettings(env: Environment): Settings {
  const given = parse(workerSettings, env);
  const port = given.WORKER_METRICS_PORT;
  return {
    databaseUrl: given.DATABASE_URL,
    redisUrl: given.REDIS_URL,
    dataDir: given.DATA_DIR ?? null,
    backoffMs: given.DELIVERY_BACKOFF_MS,
    sweepIntervalMs: given.SWEEP_INTERVAL_MS,
    auditIntervalMs: given.AUDIT_INTERVAL_MS,
    retentionMaxS: given.RETENTION_MAX_S ?? null,
    topicsKeptMs: given.TOPIC_RETENTION_HOURS * 3_600_000,
    logLevel: given.LOG_LEVEL,
    metrics: port === undefined ? null : { host: given.HOST, port },
  };
}
