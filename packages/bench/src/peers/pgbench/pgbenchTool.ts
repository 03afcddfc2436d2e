import { execFile } from 'node:child_process';
import { findTool } from '../tool';

const places = [15, 16, 17, 18].map((version) => `/usr/lib/postgresql/${version}/bin/pgbench`);

export function pgbenchMissing(): string | undefined {
  return findTool('pgbench', ...places) === undefined
    ? 'pgbench is not installed: apt-get install postgresql-contrib'
    : undefined;
}

/** Runs pgbench on this database for at most a minute; resolves to its output. */
export function pgbenchSays(databaseUrl: string, args: readonly string[]): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  const where = ['-h', hostname, '-p', port, '-U', username, pathname.slice(1)];
  return new Promise((resolve, reject) => {
    execFile(
      findTool('pgbench', ...places) ?? 'pgbench',
      [...args, ...where],
      { env: { PATH: process.env.PATH, PGPASSWORD: password }, timeout: 60_000 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${error.message} ${stderr}`));
      },
    );
  });
}
