import {
  columns,
  command,
  type Database,
  guarded,
  inTransaction,
  number,
  type RawRow,
  statement,
  text,
  withTransaction,
} from '@chasqui/db';
import { COLUMNS, STATUS, toMessage } from '../messages/messageRows';
import { messageUpdated } from '../events/messageEvents';
import { unreadUpdated } from '../events/receiptEvents';
import type { Bus } from '../ports/index';
import { countUnread } from '../receipts/unread/unreadCounts';

/** Batches of tombstones announced by one call. */
const BATCHES = 40;
/**
 * How far back from the end of a conversation each tombstone is announced: what a client has loaded. Clients find
 * older ones by sync, so the expiry of a long history does not flood them.
 */
export const ANNOUNCED_BACK = 500;
/** Members of a conversation whose unread count is announced; the others see it with their next fetch. */
const UNREAD_ANNOUNCED_TO = 100;

interface TombstoneBatch {
  id: string;
  conversationId: string;
  fromVersion: number;
  untilVersion: number;
}

const takeBatches = statement(
  'take_tombstone_batches',
  `SELECT id, conversation_id, from_version, until_version
   FROM tombstone_news ORDER BY id LIMIT $1::integer FOR UPDATE SKIP LOCKED`,
  columns<TombstoneBatch>({
    id: text,
    conversationId: text,
    fromVersion: number,
    untilVersion: number,
  }),
);

const tombstonesOf = statement(
  'told_tombstones',
  `SELECT c.members_version::float8, ${COLUMNS}, ${STATUS}
   FROM conversations c JOIN messages m ON m.conversation_id = c.id
   WHERE c.id = $1::uuid AND m.changed_at IS NOT NULL AND m.version > $2::bigint AND m.version <= $3::bigint
     AND m.deleted_at IS NOT NULL AND m.seq + 0 > c.last_seq - ${ANNOUNCED_BACK} ORDER BY m.version`,
  ([membersVersion, ...row]: RawRow) => ({
    membersVersion: number(membersVersion),
    message: toMessage(row),
  }),
);

/**
 * Members with unread messages. A conversation with more messages to expire is left out: its counts are about to
 * change again, and counting costs as much as is unread.
 */
const unreadReaders = statement(
  'tombstone_readers',
  `SELECT p.user_id, p.conversation_id FROM conversations c
   CROSS JOIN LATERAL (
     SELECT * FROM participants x WHERE x.conversation_id = c.id AND x.read_seq < c.last_seq
     ORDER BY x.read_seq DESC LIMIT ${UNREAD_ANNOUNCED_TO}
   ) p
   WHERE c.id = ANY ($1::uuid[]) AND (c.next_expiry_at IS NULL OR c.next_expiry_at > clock_timestamp())`,
  columns({ userId: text, conversationId: text }),
);

const forgetBatches = command(
  'forget_tombstone_batches',
  'DELETE FROM tombstone_news WHERE id = ANY ($1::bigint[])',
);

/**
 * Announces tombstones that were made in batches to the live clients of every node, and deletes the record of each
 * announced batch; resolves with the number of batches. If a process dies before that, the next call of any process
 * announces them; announcing twice is harmless. While the bus is down nothing is announced or deleted: the nodes poll
 * then (R3).
 */
export function announceTombstones(db: Database, bus: Bus): Promise<number> {
  return guarded(async () => {
    if (!bus.connected()) return 0;
    return withTransaction(db, async (transaction) => {
      const on = inTransaction(transaction);
      const batches = await takeBatches.rows(on, BATCHES);
      if (batches.length === 0) return 0;
      for (const batch of batches) await announceMessages(db, bus, batch);
      await announceUnread(db, bus, [
        ...new Set(batches.map(({ conversationId }) => conversationId)),
      ]);
      await forgetBatches.run(
        on,
        batches.map(({ id }) => id),
      );
      return batches.length;
    });
  });
}

async function announceMessages(db: Database, bus: Bus, batch: TombstoneBatch): Promise<void> {
  const { conversationId, fromVersion, untilVersion } = batch;
  const tombstones = await tombstonesOf.rows(db, conversationId, fromVersion, untilVersion);
  for (const { membersVersion, message } of tombstones) {
    bus.publish({ type: 'conversation', membersVersion, event: messageUpdated(message) });
  }
}

/** Announces counts to members with unread messages; the counts of the others did not change (D8). */
async function announceUnread(db: Database, bus: Bus, conversationIds: string[]): Promise<void> {
  const pairs = await unreadReaders.rows(db, conversationIds);
  const events = (await countUnread(db, pairs)).map(unreadUpdated);
  if (events.length > 0) bus.publish({ type: 'users', events });
}
