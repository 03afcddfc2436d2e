import { connectDatabase, type Database } from '../connection/connect';
import { findUserId } from '../operations/deadLetters';

/** Why a command cannot be run, in one line for the terminal. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * Runs an operator's command against the database at DATABASE_URL. Prints its lines, or one line with the reason for
 * its failure and exit code 1.
 */
export async function runOperatorCommand(
  applicationName: string,
  command: (db: Database, args: readonly string[]) => Promise<string[]>,
): Promise<void> {
  try {
    const db = connectDatabase({ url: databaseUrl(), poolMax: 2, applicationName });
    try {
      const lines = await command(db, process.argv.slice(2));
      process.stdout.write(`${lines.join('\n')}\n`);
    } finally {
      await db.close();
    }
  } catch (error) {
    process.stderr.write(`${reasonOf(error)}\n`);
    process.exitCode = 1;
  }
}

/**
 * Returns the id of the user with this id, or with this user name in any case. Throws CommandError when there is
 * none.
 */
export async function userNamed(db: Database, who: string): Promise<string> {
  const userId = await findUserId(db, who);
  if (userId === null) throw new CommandError(`There is no user ${JSON.stringify(who)}.`);
  return userId;
}

function databaseUrl(): string {
  const url = process.env.DATABASE_URL ?? '';
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return url;
  throw new CommandError(
    'DATABASE_URL is missing or malformed: it must be like postgres://user:password@host:5432/name',
  );
}

/** One line. The cause of our own errors is what PostgreSQL reported. */
function reasonOf(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return `The database failed: ${text.split('\n')[0]}`;
}
