import { UnavailableError } from '@chasqui/protocol';

// SQLSTATE classes of transient errors: connection, resources, operator, system. Below: lock and statement time-outs,
// serialization failures and deadlocks. https://www.postgresql.org/docs/current/errcodes-appendix.html
const TRANSIENT_CLASSES = new Set(['08', '53', '57', '58']);
// 26000 and 42P05 mean that the session has changed; its connection is dropped.
const TRANSIENT_STATES = new Set([
  '55P03',
  '40001',
  '40P01',
  '25P03',
  '25P04',
  '25006',
  '26000',
  '42P05',
]);
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNABORTED',
  'ERR_STREAM_DESTROYED',
  'EAI_AGAIN',
]);
const CLIENT_SIDE =
  /query read timeout|connection terminated|connection ended|timeout expired|client has encountered a connection error|not queryable|connection manager was closed|server closed the connection/i;

/** Returns the SQLSTATE or network code of an error of pg or Sequelize, if any. */
export function sqlState(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = Reflect.get(at, 'parent') ?? at.cause) {
    const code: unknown = Reflect.get(at, 'code');
    if (typeof code === 'string') return code;
  }
  return undefined;
}

const SHORTAGES: Readonly<Record<string, string>> = {
  '53100': 'disk space',
  '53200': 'memory',
};

/** The resource that PostgreSQL has run out of; undefined for other errors. */
export function shortageOf(error: unknown): string | undefined {
  return SHORTAGES[sqlState(error) ?? ''];
}

/** Whether PostgreSQL was down, overloaded or busy, as opposed to a faulty statement. */
export function isUnavailable(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = sqlState(error);
  if (code !== undefined) {
    if (NETWORK.has(code) || TRANSIENT_STATES.has(code)) return true;
    if (code.length === 5 && TRANSIENT_CLASSES.has(code.slice(0, 2))) return true;
  }
  if (error.name.startsWith('SequelizeConnection')) return true;
  return CLIENT_SIDE.test(error.message);
}

/** Whether PostgreSQL refused the statement, so its transaction was certainly rolled back. */
export function isRefusal(error: unknown): boolean {
  return /^(?=.*\d)[0-9A-Z]{5}$/.test(sqlState(error) ?? '') && !isUnavailable(error);
}

/**
 * Translates an error of the store for the core: UnavailableError when waiting helps, otherwise the error itself (a
 * bug).
 */
export function toStoreError(error: unknown): unknown {
  if (!isUnavailable(error)) return error;
  const translated = new UnavailableError(
    'the store does not answer; retry with the same client message id',
  );
  translated.cause = error;
  return translated;
}

/** Runs `work` and translates its store errors. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}
