import { connectDatabase, type Database } from './connection/connect';
import { findUserId } from './queries/deadLetters';

/** What the person at the terminal is told in place of a result, in one line. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/**
 * Runs a command of the operator against the database at DATABASE_URL: prints its lines, or one line that says why it
 * failed, with exit code 1. Errors of the contract are told as they are.
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

/** The id of the user with this id, or with this user name in any case. Throws CommandError when there is none. */
export async function userNamed(db: Database, who: string): Promise<string> {
  const userId = await findUserId(db, who);
  if (userId === null) throw new CommandError(`There is no user ${JSON.stringify(who)}.`);
  return userId;
}

function databaseUrl(): string {
  const url = process.env.DATABASE_URL ?? '';
  if (URL.canParse(url) && /^postgres(ql)?:$/.test(new URL(url).protocol)) return url;
  throw new CommandError('DATABASE_URL is missing or malformed: postgres://…');
}

/** One line; what PostgreSQL said stands behind an error of ours. */
function reasonOf(error: unknown): string {
  if (error instanceof CommandError) return error.message;
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return `The database refused or did not answer: ${text.split('\n')[0]}`;
}
