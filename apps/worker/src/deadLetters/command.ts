import {
  CommandError,
  type Database,
  type DeadLetter,
  deadLetters,
  purgeDeadLetter,
  retryDeadLetters,
  table,
  userNamed,
} from '@chasqui/db';

const USAGE =
  'Usage: npm run dead-letters -- list | retry <user> | retry --all | purge <user> (user name or id)';
const PAGE = 500;

/**
 * Runs the command and returns the lines to print. Throws CommandError when it cannot, and UnavailableError while
 * PostgreSQL does not answer.
 */
export async function runCommand(db: Database, args: readonly string[]): Promise<string[]> {
  const [command, who, ...more] = args;
  if (more.length > 0) throw new CommandError(USAGE);
  if (command === 'list' && who === undefined) return list(db);
  if (command === 'retry' && who === '--all') return retryAll(db);
  if (who === undefined || who.startsWith('-')) throw new CommandError(USAGE);
  if (command === 'retry') return retry(db, who);
  if (command === 'purge') return purge(db, who);
  throw new CommandError(USAGE);
}

async function list(db: Database): Promise<string[]> {
  const rows: string[][] = [];
  for await (const page of pages(db)) {
    for (const { username, attempts, errors, waitingSince, deadAt, reason } of page) {
      const [since, dead] = [toSeconds(waitingSince), toSeconds(deadAt)];
      rows.push([username, `${attempts}`, `${errors}`, since, dead, reason]);
    }
  }
  if (rows.length === 0) return ['There are no dead deliveries.'];
  return table(['user', 'attempts', 'errors', 'waiting since', 'dead since', 'reason'], rows);
}

async function retry(db: Database, who: string): Promise<string[]> {
  const retried = await retryDeadLetters(db, [await userNamed(db, who)]);
  if (retried.length === 0) throw notDead(who);
  return [`Retrying ${who}: the worker's next sweep wakes them.`];
}

async function retryAll(db: Database): Promise<string[]> {
  let count = 0;
  for await (const page of pages(db)) {
    const retried = await retryDeadLetters(
      db,
      page.map(({ userId }) => userId),
    );
    count += retried.length;
  }
  return [`Retrying ${count}: the worker's next sweep wakes them.`];
}

async function purge(db: Database, who: string): Promise<string[]> {
  if (!(await purgeDeadLetter(db, await userNamed(db, who)))) throw notDead(who);
  return [
    `${who} is no longer woken for messages that wait now. No message is lost: their devices receive all of them when they connect.`,
  ];
}

function notDead(who: string): CommandError {
  return new CommandError(`There is no dead delivery to ${who}.`);
}

async function* pages(db: Database): AsyncGenerator<DeadLetter[]> {
  for (let last: DeadLetter | undefined; ;) {
    const after = last && { at: last.deadAt.toISOString(), id: last.userId };
    const page = await deadLetters(db, { limit: PAGE, after });
    if (page.length > 0) yield page;
    if (page.length < PAGE) return;
    last = page.at(-1);
  }
}

function toSeconds(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
