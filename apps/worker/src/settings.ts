import { parseRedisAddress, REDIS_ADDRESS_FORMAT } from '@pern/redis/addresses';
import { RETENTION_MAX_S, RETENTION_MIN_S } from '@pern/protocol/limits';
import { levels } from 'pino';

export interface Settings {
  databaseUrl: string;
  redisUrl: string;
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

type Environment = Record<string, string | undefined>;

/** The worker's settings, or an Error whose message is the one line that names the wrong one. */
export function parseSettings(env: Environment): Settings {
  const port = optional(env, 'WORKER_METRICS_PORT', (name, text) => integer(name, text, 0, 65_535));
  return {
    databaseUrl: address(env, 'DATABASE_URL', ['postgres:', 'postgresql:']),
    redisUrl: redisAddress(env, 'REDIS_URL'),
    backoffMs:
      optional(env, 'DELIVERY_BACKOFF_MS', (name, text) => integer(name, text, 10, 600_000)) ??
      2_000,
    sweepIntervalMs:
      optional(env, 'SWEEP_INTERVAL_MS', (name, text) => integer(name, text, 100, 3_600_000)) ??
      10_000,
    auditIntervalMs:
      optional(env, 'AUDIT_INTERVAL_MS', (name, text) => integer(name, text, 100, 86_400_000)) ??
      60_000,
    retentionMaxS: optional(env, 'RETENTION_MAX_S', (name, text) =>
      integer(name, text, RETENTION_MIN_S, RETENTION_MAX_S),
    ),
    logLevel: optional(env, 'LOG_LEVEL', level) ?? 'info',
    metrics: port === null ? null : { host: optional(env, 'HOST', host) ?? '127.0.0.1', port },
  };
}

function optional<T>(
  env: Environment,
  name: string,
  parse: (name: string, text: string) => T,
): T | null {
  const text = env[name]?.trim();
  return text === undefined || text === '' ? null : parse(name, text);
}

function address(env: Environment, name: string, protocols: string[]): string {
  const text = env[name]?.trim() ?? '';
  const example = `${protocols[0] ?? ''}//host:port`;
  if (text === '') throw new Error(`${name} is missing; expected ${example}`);
  const url = URL.canParse(text) ? new URL(text) : null;
  // The value is not repeated: it may hold a password.
  if (!url || !protocols.includes(url.protocol)) {
    throw new Error(`${name} is malformed; expected ${example}`);
  }
  return text;
}

function redisAddress(env: Environment, name: string): string {
  const text = env[name]?.trim() ?? '';
  if (text === '') throw new Error(`${name} is missing; expected ${REDIS_ADDRESS_FORMAT}`);
  try {
    parseRedisAddress(text);
  } catch {
    throw new Error(`${name} is malformed; expected ${REDIS_ADDRESS_FORMAT}`);
  }
  return text;
}

function integer(name: string, text: string, least: number, most: number): number {
  const value = /^\d{1,12}$/.test(text) ? Number(text) : NaN;
  if (!(value >= least && value <= most)) {
    throw new Error(`${name} is malformed; expected a whole number from ${least} to ${most}`);
  }
  return value;
}

function level(name: string, text: string): string {
  const known = [...Object.keys(levels.values), 'silent'];
  if (!known.includes(text))
    throw new Error(`${name} is malformed; expected one of ${known.join(', ')}`);
  return text;
}

function host(name: string, text: string): string {
  if (/\s/.test(text)) throw new Error(`${name} is malformed; expected a host name or an address`);
  return text;
}
