import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Contender } from '../../contest';
import { quantile } from '../../figures/statistics';
import { openStores, withClient } from '../../stores';
import { pgbenchMissing, pgbenchSays } from './pgbenchTool';
import { throwawayFolder } from '../throwawayFolder';

const CLIENTS = 16;
const script = `INSERT INTO entry (body) VALUES (repeat('x', 200));\n`;

/**
 * How long PostgreSQL alone takes to commit a row at a fixed rate with the same settings: the lower bound for any server
 * that acknowledges after the commit.
 */
export function pgbenchAtRate(perSecond: number): Contender {
  return {
    name: 'pgbench, a row and a commit each',
    missing: pgbenchMissing,
    async open(scope) {
      const { databaseUrl } = await openStores(scope);
      const folder = throwawayFolder('pgbench');
      const file = path.join(folder, 'insert.sql');
      writeFileSync(file, script);
      await withClient(databaseUrl, (client) =>
        client.query(
          'CREATE TABLE entry (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text)',
        ),
      );
      const seconds = scope.effort === 'full' ? 15 : 5;
      let run = 0;
      return {
        async run() {
          const log = `run${++run}`;
          await pgbenchSays(databaseUrl, [
            ...['-n', '-M', 'prepared', '-c', String(CLIENTS), '-j', '1'],
            ...['-R', String(perSecond), '-T', String(seconds), '-f', file],
            ...['-l', `--log-prefix=${path.join(folder, log)}`],
          ]);
          const times = readdirSync(folder)
            .filter((name) => name.startsWith(`${log}.`))
            .flatMap((name) => latenciesIn(readFileSync(path.join(folder, name), 'utf8')));
          return { p50: quantile(times, 0.5), p99: quantile(times, 0.99) };
        },
      };
    },
  };
}

/** Returns the duration of each transaction in milliseconds. The log has one per line, microseconds in column three. */
function latenciesIn(log: string): number[] {
  return log
    .split('\n')
    .filter(Boolean)
    .map((line) => Number(line.split(' ')[2]) / 1_000);
}
