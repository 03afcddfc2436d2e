import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Contender } from '../../contest';
import { openStores, withClient } from '../../stores';
import { pgbenchMissing, pgbenchSays } from './pgbenchTool';
import { throwawayFolder } from '../throwawayFolder';

const CLIENTS = 16;

/** The minimum work for a message: increment the counter and insert a row of 200 bytes under its number. */
const script = `BEGIN;
UPDATE counter SET last_seq = last_seq + 1 WHERE id = 1 RETURNING last_seq \\gset
INSERT INTO entry (counter_id, seq, body) VALUES (1, :last_seq, repeat('x', 200));
COMMIT;
`;

/** PostgreSQL alone with the settings of `npm start`: one transaction per message, all contending for one row. */
export const pgbench: Contender = {
  name: 'pgbench, 16 clients',
  missing: pgbenchMissing,
  async open(scope) {
    const { databaseUrl } = await openStores(scope);
    const folder = throwawayFolder('pgbench');
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
        const output = await pgbenchSays(databaseUrl, [
          ...['-n', '-M', 'prepared', '-c', String(CLIENTS), '-j', '1'],
          ...['-T', String(seconds), '-f', file],
        ]);
        const perSecond = Number(/^tps = ([\d.]+)/m.exec(output)?.[1]);
        if (!(perSecond > 0)) throw new Error(`unexpected output of pgbench: ${output}`);
        return { perSecond };
      },
    };
  },
};
