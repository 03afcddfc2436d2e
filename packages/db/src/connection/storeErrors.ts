import { UnavailableError } from '@chasqui/protocol';

// Classes of SQLSTATE that say "not now": connection, resources, operator, system; then lock and
// statement time-outs, serialisation and deadlock. https://www.postgresql.org/docs/current/errcodes-appendix.html
const TRANSIENT_CLASSES = new Set(['08', '53', '57', '58']);
// 26000 and 42P05 are prepared statements of another session: the connection is given up, the next one has its own.
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

/** The SQLSTATE or network code of an error of pg or Sequelize, if it has one. */
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

/** What PostgreSQL says that it has run out of; undefined for every other error. */
export function shortageOf(error: unknown): string | undefined {
  return SHORTAGES[sqlState(error) ?? ''];
}

/** Whether PostgreSQL was gone, overloaded or busy, as opposed to asked something wrong. */
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

/** Whether PostgreSQL itself refused the statement: then its transaction was surely rolled back. */
export function isRefusal(error: unknown): boolean {
  return /^(?=.*\d)[0-9A-Z]{5}$/.test(sqlState(error) ?? '') && !isUnavailable(error);
}

/** What the core throws for an error of the store: UnavailableError when waiting helps, else the error itself (a bug). */
export function toStoreError(error: unknown): unknown {
  if (!isUnavailable(error)) return error;
  const translated = new UnavailableError(
    'the store does not answer; retry with the same client message id',
  );
  translated.cause = error;
  return translated;
}

/** Runs `work` and translates what the store throws. */
export async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStoreError(error);
  }
}
