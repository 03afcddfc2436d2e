import { type Database, guarded, withTransaction } from '@chasqui/db';
import { QueryTypes } from 'sequelize';
import { COLUMNS, STATUS, toMessage } from '../messages/messageRows';
import { messageUpdated } from '../events/messageEvents';
import { unreadUpdated } from '../events/receiptEvents';
import type { Bus } from '../ports/index';
import { countUnread } from '../receipts/unread/unreadCounts';

/** Batches of tombstones that are told of in one call. */
const BATCHES = 40;
/**
 * How far back from a conversation's end each tombstone is told by itself: what a client has at hand. What lies
 * further back is found by sync, so that a long history that goes at once is no flood.
 */
export const TOLD_BACK = 500;
/** Members of one conversation who are told their unread count anew; all others see it in every fetch. */
const UNREAD_TOLD_TO = 100;

const NEWS = `SELECT id, conversation_id AS "conversationId", from_version::float8 AS "fromVersion",
    until_version::float8 AS "untilVersion"
  FROM tombstone_news ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`;
const TOLD = `SELECT c.members_version::float8, ${COLUMNS}, ${STATUS}
  FROM conversations c JOIN messages m ON m.conversation_id = c.id
  WHERE c.id = $1 AND m.changed_at IS NOT NULL AND m.version > $2 AND m.version <= $3
    AND m.deleted_at IS NOT NULL AND m.seq + 0 > c.last_seq - ${TOLD_BACK} ORDER BY m.version`;
// While more is due the count is about to change again, and counting costs what lies unread.
const READERS = `SELECT p.user_id, p.conversation_id FROM conversations c
  CROSS JOIN LATERAL (
    SELECT * FROM participants x WHERE x.conversation_id = c.id AND x.read_seq < c.last_seq
    ORDER BY x.read_seq DESC LIMIT ${UNREAD_TOLD_TO}
  ) p
  WHERE c.id = ANY ($1::uuid[]) AND (c.next_expiry_at IS NULL OR c.next_expiry_at > clock_timestamp())`;

interface News {
  id: string;
  conversationId: string;
  fromVersion: number;
  untilVersion: number;
}

/**
 * Tells the live clients of every node of tombstones that were made in batches, and forgets what is told;
 * resolves to how many batches there were. What a dead process left untold is told by the next call of
 * any process; telling twice harms nothing. While hints cannot travel nothing is told and nothing forgotten:
 * the nodes look themselves then (R3).
 */
export function tellTombstones(db: Database, bus: Bus): Promise<number> {
  return guarded(async () => {
    if (!bus.connected()) return 0;
    return withTransaction(db, async (transaction) => {
      const news = await db.sequelize.query<News>(NEWS, {
        ...{ bind: [BATCHES], type: QueryTypes.SELECT, transaction },
      });
      if (news.length === 0) return 0;
      for (const one of news) await tellMessages(db, bus, one);
      await tellUnread(db, bus, [...new Set(news.map(({ conversationId }) => conversationId))]);
      await db.sequelize.query('DELETE FROM tombstone_news WHERE id = ANY ($1::bigint[])', {
        bind: [news.map(({ id }) => id)],
        transaction,
      });
      return news.length;
    });
  });
}

async function tellMessages(db: Database, bus: Bus, news: News): Promise<void> {
  const { conversationId, fromVersion, untilVersion } = news;
  const rows = await db.query('told_tombstones', TOLD, [conversationId, fromVersion, untilVersion]);
  for (const [membersVersion, ...row] of rows as [number, ...unknown[]][]) {
    const message = toMessage(row);
    bus.publish({ type: 'conversation', membersVersion, event: messageUpdated(message) });
  }
}

/** To who has something unread; who has read all counted none of it (D8). */
async function tellUnread(db: Database, bus: Bus, conversationIds: string[]): Promise<void> {
  const readers = (await db.query('tombstone_readers', READERS, [conversationIds])) as [
    string,
    string,
  ][];
  const pairs = readers.map(([userId, conversationId]) => ({ userId, conversationId }));
  const events = (await countUnread(db, pairs)).map(unreadUpdated);
  if (events.length > 0) bus.publish({ type: 'users', events });
}
