import { readFileSync } from 'node:fs';
import type { ClientConfig } from 'pg';

/** DATABASE_URL, or a file that it names, cannot be used. The message is one line without the password. */
export class DatabaseUrlError extends Error {
  override readonly name = 'DatabaseUrlError';
}

/** The address of one database, with every option that the environment would otherwise change. */
export interface ConnectionTarget {
  /** Options for pg. Fields that the URL omits (user, password) come from PGUSER, PGPASSWORD or PGPASSFILE. */
  readonly client: ClientConfig;
  /** Use TLS if the server offers it, otherwise connect in plain (`sslmode=prefer`). */
  readonly tlsIfOffered: boolean;
}

const SSL_MODES = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
type SslMode = (typeof SSL_MODES)[number];

/**
 * Parses a PostgreSQL URL with libpq's meaning of `sslmode`, `sslrootcert`, `sslcert` and `sslkey`. Without `sslmode`
 * in the URL and in PGSSLMODE, the connection is plain. `options` are passed on; PGOPTIONS are ignored. @throws
 * DatabaseUrlError
 */
export function parseDatabaseUrl(
  text: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): ConnectionTarget {
  if (!URL.canParse(text) || !/^postgres(ql)?:$/.test(new URL(text).protocol)) {
    throw new DatabaseUrlError(
      'DATABASE_URL is malformed: it must be like postgres://user:password@host:5432/name',
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

/** Treats an empty value as missing. */
function given(text: string | null | undefined): string | undefined {
  return text === '' || text === null ? undefined : text;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new DatabaseUrlError('DATABASE_URL is malformed: write % as %25');
  }
}

/** Also accepts `ssl=true` and `sslmode=no-verify`, as other Node drivers do. */
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
  // With a root certificate, `require` means `verify-ca`, as in libpq.
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
