// npm run migrate: migrates the database at DATABASE_URL to the current schema. `-- --grant ROLE` also grants a role access.
import path from 'node:path';
import { ensureBuilt } from './building/ensureBuilt.mjs';
import { fail, step } from './running/console.mjs';
import { root, run } from './running/run.mjs';

if (!process.env.DATABASE_URL) {
  fail(
    'DATABASE_URL is missing: set it to the database to migrate. (npm start migrates the embedded one itself.)',
  );
}
await ensureBuilt('packages/db');
const entry = path.join(root, 'packages/db/dist/migrate.js');
process.exit(
  await step('Migrating', () => run(process.execPath, [entry, ...process.argv.slice(2)])),
);
