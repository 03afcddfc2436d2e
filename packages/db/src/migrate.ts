import { migrateDatabase } from './migrateDatabase';

/** `npm run migrate`: the only entry point that changes the schema. */
async function main(): Promise<void> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === '') {
    throw new Error(
      'DATABASE_URL is missing: set it to postgres://user:password@host:5432/database',
    );
  }
  const ran = await migrateDatabase(url);
  process.stdout.write(
    ran.length === 0 ? 'The schema is up to date.\n' : `Migrated: ${ran.join(', ')}\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(
    `Migration failed: ${error instanceof Error ? error.message || error.name : String(error)}\n`,
  );
  process.exitCode = 1;
});
