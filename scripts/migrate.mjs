// npm run migrate: brings the database at DATABASE_URL to the current schema. -- --grant ROLE also lets a role use it.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { compile } from './compile.mjs';
import { fail, step } from './console.mjs';
import { ensureInstalled } from './install.mjs';
import { root, run } from './run.mjs';

if (!process.env.DATABASE_URL) {
  fail('DATABASE_URL is missing: name the database to migrate. (npm start migrates its own.)');
}
await ensureInstalled();
if (!(await step('Building', () => compile('packages/db')))) fail('The build failed.');
const entry = path.join(root, 'packages/db/dist/migrate.js');
if (!existsSync(entry)) fail('packages/db has no migrations yet.');
process.exit(
  await step('Migrating', () => run(process.execPath, [entry, ...process.argv.slice(2)])),
);
