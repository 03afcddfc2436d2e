import { type Environment, parseSettings as parse } from '@pern/settings/parseSettings';
import { workerSettings } from '@pern/settings/settings';

export interface Settings {
  databaseUrl: string;
  redisUrl: string;
  /** A folder whose disk is watched for free space; null: nothing is watched. */
  dataDir: string | null;
  /** First delay of the backoff, milliseconds. */
  backoffMs: number;
  /** How often the sweep looks, milliseconds. */
  sweepIntervalMs: number;
  /** How often the auditor recounts a sample, milliseconds. */
  auditIntervalMs: number;
  /** Seconds that the instance keeps content at most; null: for ever. */
  retentionMaxS: number | null;
  logLevel: string;
  /** Where operators reach the worker; null: nowhere. */
  metrics: { host: string; port: number } | null;
}

/** Throws SettingsError for the first that is missing or malformed. */
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
    logLevel: given.LOG_LEVEL,
    metrics: port === undefined ? null : { host: given.HOST, port },
  };
}
