import { migrateDatabase } from './migrateDatabase';

/** `npm run migrate`: the only entry point that changes the schema. */
async function main(): Promise<void> {
  const url = process.env.DATABASE_URL;
  if (url === undefined || url === '') {
    throw new Error(
      'DATABASE_URL is missing: set it to postgres://user:password@host:5432/database',
    );
  }
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const ran = await migrateDatabase(url, { patience: { say } });
  say(ran.length === 0 ? 'The schema is up to date.' : `Migrated: ${ran.join(', ')}`);
}

main().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message || error.name : String(error);
  process.stderr.write(`Migration failed: ${reason.split('\n')[0] ?? ''}\n`);
  process.exitCode = 1;
});
