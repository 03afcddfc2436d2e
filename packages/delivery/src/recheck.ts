import type { Database } from '@pern/db/connect';
import type { Conversation } from '@pern/protocol/conversation';
import { COLUMNS, MESSAGE_WIDTH, STATUS, toMessage } from './messageRows';
import type { LocalConnections } from './localConnections';
import type { Log } from './ports';

/**
 * What hints would have told, read from PostgreSQL for the users of this node: the same path as ever
 * for entries (R3), and the events that have no cursor: removals, new memberships, changed messages.
 */
export interface Recheck {
  /** Looks for entries since the last look; with `repair` also for what events would have told. */
  run(repair: boolean): Promise<void>;
}

const USERS_PER_QUERY = 500;
/** A transaction commits later than the time it wrote; nothing runs longer than this. */
const MARGIN = `interval '15 seconds'`;

const NEW_ENTRIES = `SELECT p.user_id, p.conversation_id, c.last_seq::float8
  FROM participants p JOIN conversations c ON c.id = p.conversation_id
  WHERE p.user_id = ANY ($1::uuid[]) AND p.open AND c.updated_at > to_timestamp($2) - ${MARGIN}`;
const REMOVED = `SELECT l.user_id, l.conversation_id, l.closed_pos::float8 FROM changes l
  WHERE l.user_id = ANY ($1::uuid[]) AND l.removed AND l.closed_at > to_timestamp($2) - ${MARGIN}
    AND NOT EXISTS (SELECT FROM participants p
      WHERE p.conversation_id = l.conversation_id AND p.user_id = l.user_id)`;
const JOINED = `SELECT p.user_id, p.conversation_id, p.joined_seq::float8 FROM participants p
  WHERE p.user_id = ANY ($1::uuid[]) AND p.open AND p.joined_at > to_timestamp($2) - ${MARGIN}`;
const CHANGED = `SELECT ${COLUMNS}, ${STATUS}, w.user_ids FROM (
    SELECT p.conversation_id, array_agg(p.user_id || ' ' || p.joined_seq) AS user_ids
    FROM participants p WHERE p.user_id = ANY ($1::uuid[]) AND p.open GROUP BY p.conversation_id
  ) w JOIN messages m ON m.conversation_id = w.conversation_id
    AND m.changed_at > to_timestamp($2) - ${MARGIN}`;

export function createRecheck(deps: {
  db: Database;
  connections: LocalConnections;
  log: Log;
  readConversation: (userId: string, conversationId: string) => Promise<Conversation>;
}): Recheck {
  const { db, connections } = deps;
  // Seconds by the clock of PostgreSQL, of the last look that went well.
  let entriesSince: number | undefined;
  let eventsSince: number | undefined;
  let running: Promise<void> | undefined;
  // The margin makes looks overlap; what was told is not told again.
  const told = new Set<string>();

  function once(key: string): boolean {
    if (told.has(key)) return false;
    told.add(key);
    if (told.size > 20_000) told.delete(told.values().next().value as string);
    return true;
  }

  async function run(repair: boolean): Promise<void> {
    const [clock] = await db.query(
      'now',
      'SELECT extract(epoch FROM clock_timestamp())::float8',
      [],
    );
    const [now] = clock as [number];
    const users = [...connections.users()];
    for (let i = 0; i < users.length; i += USERS_PER_QUERY) {
      const chunk = users.slice(i, i + USERS_PER_QUERY);
      if (repair) await repairEvents(chunk, eventsSince ?? now);
      for (const row of await db.query('recheck_entries', NEW_ENTRIES, [
        chunk,
        entriesSince ?? now,
      ])) {
        const [userId, conversationId, lastSeq] = row as [string, string, number];
        for (const connection of connections.of(userId))
          connection.expect(conversationId, lastSeq, undefined);
      }
    }
    entriesSince = now;
    eventsSince = now;
  }

  async function repairEvents(users: string[], since: number): Promise<void> {
    for (const row of await db.query('recheck_removed', REMOVED, [users, since])) {
      const [userId, conversationId, pos] = row as [string, string, number];
      if (!once(`removed ${userId} ${pos}`)) continue;
      connections.emitToUser(userId, 'conversation:removed', JSON.stringify({ conversationId }));
      for (const connection of connections.of(userId)) connection.forget(conversationId);
    }
    for (const row of await db.query('recheck_joined', JOINED, [users, since])) {
      const [userId, conversationId, joinedSeq] = row as [string, string, number];
      if (!once(`joined ${userId} ${conversationId} ${joinedSeq}`)) continue;
      const conversation = await deps
        .readConversation(userId, conversationId)
        .catch(() => undefined);
      if (conversation !== undefined) {
        connections.emitToUser(userId, 'conversation:created', JSON.stringify(conversation));
      }
    }
    for (const row of await db.query('recheck_changed', CHANGED, [users, since])) {
      const message = toMessage(row);
      if (!once(`changed ${message.id} ${message.version}`)) continue;
      const json = JSON.stringify(message);
      for (const member of row[MESSAGE_WIDTH] as string[]) {
        const [userId = '', joinedSeq] = member.split(' ');
        if (Number(joinedSeq) <= message.seq)
          connections.emitToUser(userId, 'chat:message_updated', json);
      }
    }
  }

  return {
    run(repair) {
      running ??= run(repair)
        .catch((error: unknown) => deps.log.warn({ err: error }, 'looking for missed hints failed'))
        .finally(() => (running = undefined));
      return running;
    },
  };
}
