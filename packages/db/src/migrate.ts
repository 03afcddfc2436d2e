import { parseArgs } from 'node:util';
import type { PlainRole } from './migrating/grantAccess';
import { migrateDatabase } from './migrating/migrateDatabase';

/**
 * Entry point of `npm run migrate`, the only program that changes the schema. `--grant ROLE` gives a role the
 * privileges of server and worker; with GRANT_PASSWORD, the role is created with this password.
 */
async function main(): Promise<void> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === '') {
    throw new Error(
      'DATABASE_URL is missing: set it to postgres://user:password@host:5432/database',
    );
  }
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const ran = await migrateDatabase(url, { patience: { say }, ...grantee() });
  say(ran.length === 0 ? 'The schema is up to date.' : `Migrated: ${ran.join(', ')}`);
}

function grantee(): { grantTo?: PlainRole } {
  const { values } = parseArgs({ options: { grant: { type: 'string' } } });
  if (values.grant === undefined) return {};
  const given = process.env.GRANT_PASSWORD;
  return { grantTo: { name: values.grant, password: given === '' ? undefined : given } };
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  process.stderr.write(`Migration failed: ${reason.split('\n')[0] ?? ''}\n`);
  process.exitCode = 1;
});
