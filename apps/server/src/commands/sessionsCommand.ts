import { CommandError, type Database, userNamed } from '@chasqui/db';
import type { SecurityLog } from '@chasqui/identity';
import { parseCommandLine } from './commandLine';

const USAGE = 'Usage: npm run sessions -- end-all | end <user> (a user name or an id)';

/** Sessions ended per statement; bounded so that a statement stays within its time-out. */
const AT_ONCE = 5_000;

const END = `
  WITH ended AS (
    UPDATE sessions SET revoked_at = now()
    WHERE id IN (
      SELECT id FROM sessions
      WHERE revoked_at IS NULL AND expires_at > now() AND ($1::uuid IS NULL OR user_id = $1)
      LIMIT ${AT_ONCE}
    ) RETURNING id
  )
  SELECT count(*)::int FROM ended`;

/** Ending a session deletes its device, as logout does (D4). */
const FORGET_DEVICES = `
  DELETE FROM devices d USING sessions s
  WHERE s.id = d.session_id AND s.user_id = d.user_id AND s.revoked_at IS NOT NULL
    AND ($1::uuid IS NULL OR d.user_id = $1)`;

/**
 * Ends the sessions of one user or of all users. Servers poll PostgreSQL: they refuse requests
 * within 3 s and close sockets within 5 s. A second call ends sessions started since. Throws
 * CommandError with a message for the operator.
 */
export async function sessionsCommand(
  db: Database,
  securityLog: Pick<SecurityLog, 'record'>,
  args: readonly string[],
): Promise<string[]> {
  const { words } = parseCommandLine(args, USAGE);
  const [command, who, ...more] = words;
  const isEndAll = command === 'end-all' && who === undefined;
  if (more.length > 0 || !(isEndAll || (command === 'end' && who !== undefined))) {
    throw new CommandError(USAGE);
  }
  const userId = who === undefined ? null : await userNamed(db, who);
  const count = await end(db, userId);
  if (userId === null) securityLog.record({ event: 'all_sessions_ended', count, actor: 'command' });
  else securityLog.record({ event: 'sessions_ended', userId, count, actor: 'command' });
  const sessions = count === 1 ? '1 session has' : `${count} sessions have`;
  return [
    `${sessions} ended. Servers refuse their requests within 3 s and close their sockets within 5 s.`,
  ];
}

async function end(db: Database, userId: string | null): Promise<number> {
  let count = 0;
  for (let ended = AT_ONCE; ended === AT_ONCE; count += ended) {
    const [row] = await db.query('end_sessions', END, [userId]);
    ended = Number(row?.[0] ?? 0);
  }
  await db.query('forget_devices_of_ended', FORGET_DEVICES, [userId]);
  return count;
}
