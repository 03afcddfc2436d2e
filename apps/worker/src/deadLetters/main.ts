// What `npm run dead-letters` runs: dead deliveries on the command line, at DATABASE_URL.
import { connectDatabase } from '@pern/db/connect';
import { CommandError, runCommand } from './command';

async function main(url: string): Promise<void> {
  const db = connectDatabase({ url, poolMax: 2, applicationName: 'chasqui-dead-letters' });
  try {
    const lines = await runCommand(db, process.argv.slice(2));
    process.stdout.write(`${lines.join('\n')}\n`);
  } finally {
    await db.close();
  }
}

/** One line; what PostgreSQL said stands behind an error of ours. */
function reasonOf(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return `The database refused or did not answer: ${text.split('\n')[0]}`;
}

const url = process.env.DATABASE_URL ?? '';
const isUrl = URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol);
const done = isUrl
  ? main(url)
  : Promise.reject(new CommandError('DATABASE_URL is missing or malformed: postgres://…'));
done.catch((error: unknown) => {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exitCode = 1;
});
