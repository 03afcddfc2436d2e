import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Contender } from '../contest';
import { openStores, withClient } from '../stores';
import { throwawayFolder } from './throwawayFolder';
import { findTool } from './tool';

const places = [15, 16, 17, 18].map((version) => `/usr/lib/postgresql/${version}/bin/pgbench`);
const CLIENTS = 16;

/** What a message needs at the least: the counter's next number, and a row of 200 bytes under it. */
const script = `BEGIN;
UPDATE counter SET last_seq = last_seq + 1 WHERE id = 1 RETURNING last_seq \\gset
INSERT INTO entry (counter_id, seq, body) VALUES (1, :last_seq, repeat('x', 200));
COMMIT;
`;

/** PostgreSQL alone, on the settings of `npm start`: a transaction for each message, one row for all. */
export const pgbench: Contender = {
  name: 'pgbench, 16 clients',
  missing: () =>
    findTool('pgbench', ...places) === undefined
      ? 'pgbench is not installed: apt-get install postgresql-contrib'
      : undefined,
  async open(scope) {
    const { databaseUrl } = await openStores(scope);
    const folder = throwawayFolder(scope, 'pgbench');
    const file = path.join(folder, 'hot.sql');
    writeFileSync(file, script);
    await withClient(databaseUrl, (client) =>
      client.query(`
        CREATE TABLE counter (id integer PRIMARY KEY, last_seq bigint NOT NULL) WITH (fillfactor = 60);
        CREATE TABLE entry (counter_id integer, seq bigint, body text, PRIMARY KEY (counter_id, seq));
        INSERT INTO counter VALUES (1, 0);
      `),
    );
    const seconds = scope.effort === 'full' ? 10 : 4;
    return {
      async run() {
        const said = await pgbenchSays(findTool('pgbench', ...places) ?? 'pgbench', databaseUrl, [
          ...['-n', '-M', 'prepared', '-c', String(CLIENTS), '-j', '1'],
          ...['-T', String(seconds), '-f', file],
        ]);
        const perSecond = Number(/^tps = ([\d.]+)/m.exec(said)?.[1]);
        if (!(perSecond > 0)) throw new Error(`pgbench said: ${said}`);
        return { perSecond };
      },
    };
  },
};

function pgbenchSays(command: string, databaseUrl: string, args: string[]): Promise<string> {
  const { hostname, port, username, password, pathname } = new URL(databaseUrl);
  const where = ['-h', hostname, '-p', port, '-U', username, pathname.slice(1)];
  return new Promise((resolve, reject) => {
    execFile(
      command,
      [...args, ...where],
      { env: { PATH: process.env.PATH, PGPASSWORD: password }, timeout: 60_000 },
      (error, stdout, stderr) => {
        if (error === null) resolve(stdout);
        else reject(new Error(`${error.message} ${stderr}`));
      },
    );
  });
}
