import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/** Where a message stands. */
export interface Place {
  conversationId: string;
  seq: number;
}

/**
 * Takes content and reactions from many messages at once and leaves tombstones (D7); returns how many
 * there were. What is no message, or is a tombstone already, is left alone: a second call does nothing.
 *
 * The transaction holds the rows of these conversations, locked in the order of their ids, and nothing
 * that comes after them (R8). Devices that are offline find the tombstones by sync; live ones are told by
 * the worker (tellTombstones), also when this process dies right after the commit.
 */
export async function makeTombstones(
  db: Database,
  transaction: Transaction,
  places: Place[],
): Promise<number> {
  if (places.length === 0) return 0;
  const [row] = await db.sequelize.query<{ made: number }>(
    'SELECT make_tombstones($1::uuid[], $2::bigint[]) AS made',
    {
      bind: [places.map(({ conversationId }) => conversationId), places.map(({ seq }) => seq)],
      type: QueryTypes.SELECT,
      transaction,
    },
  );
  return row?.made ?? 0;
}
