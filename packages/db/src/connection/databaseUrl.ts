import { readFileSync } from 'node:fs';
import type { ClientConfig } from 'pg';

/** A DATABASE_URL, or a file that it names, cannot be used. The message is one line without the password. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

/** How to reach one database. Everything the environment could change without being asked is said here. */
export interface ConnectionTarget {
  /** For a client of pg; fields that the URL leaves out (user, password) pg takes from PGUSER, PGPASSWORD, PGPASSFILE. */
  readonly client: ClientConfig;
  /** TLS where the server offers it, plain where it does not (`sslmode=prefer`). */
  readonly tlsIfOffered: boolean;
}

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

/**
 * Reads a URL of PostgreSQL with libpq's meaning of `sslmode`, `sslrootcert`, `sslcert` and `sslkey`. Without
 * `sslmode` there and in PGSSLMODE the connection is plain. `options` are passed on, PGOPTIONS are not.
 * @throws DatabaseUrlError
 */
export function parseDatabaseUrl(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ConnectionTarget {
  if (!URL.canParse(text) || !/^postgres(ql)?:$/.test(new URL(text).protocol)) {
    throw new DatabaseUrlError(
      'DATABASE_URL is malformed: postgres://user:password@host:5432/name',
    );
  }
  const url = new URL(text);
  const part = (name: string, fromUrl: string): string | undefined =>
    given(url.searchParams.get(name)) ?? given(decoded(fromUrl));
  const ssl = (name: string): string | undefined =>
    given(url.searchParams.get(name)) ?? given(env[`PG${name.toUpperCase()}`]);
  const mode = sslModeOf(url.searchParams.get('ssl'), ssl('sslmode'));
  const port = part('port', url.port);
  return {
    tlsIfOffered: mode === 'prefer',
    client: {
      host: part('host', url.hostname.replace(/^\[(.+)\]$/, '$1')),
      port: port === undefined ? undefined : Number(port),
      user: part('user', url.username),
      password: part('password', url.password),
      database: part('dbname', url.pathname.slice(1)),
      options: url.searchParams.get('options') ?? undefined,
      ssl: mode === 'disable' ? false : tlsOptions(mode, ssl),
    },
  };
}

/** What is empty counts as not given. */
function given(text: string | null | undefined): string | undefined {
  return text === '' || text === null ? undefined : text;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError('DATABASE_URL is malformed: a % is written %25 there');
  }
}

/** `ssl=true` and `sslmode=no-verify` are what Node's own drivers understand besides. */
function sslModeOf(ssl: string | null, mode: string | undefined): SslMode {
  if (mode === 'no-verify' || ssl === 'no-verify') return 'require';
  if (mode === undefined) return ssl === 'true' || ssl === '1' ? 'verify-full' : 'disable';
  const known = SSL_MODES.find((each) => each === mode);
  if (known !== undefined) return known;
  throw new DatabaseUrlError(`sslmode is malformed: it must be one of ${SSL_MODES.join(', ')}`);
}

function tlsOptions(
  mode: SslMode,
  ssl: (name: string) => string | undefined,
): Exclude<ClientConfig['ssl'], boolean | undefined> {
  const root = ssl('sslrootcert');
  const ca = root === undefined || root === 'system' ? undefined : fileOf('sslrootcert', root);
  const cert = ssl('sslcert');
  const key = ssl('sslkey');
  // With a root certificate of its own, `require` means `verify-ca`, as libpq has it.
  const verified = mode === 'require' && root !== undefined ? 'verify-ca' : mode;
  if (verified === 'verify-ca' && ca === undefined) {
    throw new DatabaseUrlError(
      'sslmode=verify-ca needs sslrootcert, a file with the root certificate',
    );
  }
  return {
    rejectUnauthorized: verified === 'verify-ca' || verified === 'verify-full',
    ...(verified === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert: fileOf('sslcert', cert) }),
    ...(key === undefined ? {} : { key: fileOf('sslkey', key) }),
  };
}

function fileOf(name: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw new DatabaseUrlError(`${name} names a file that cannot be read: ${path} (${reason})`);
  }
}
