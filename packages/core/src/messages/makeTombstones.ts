import { inTransaction } from '@chasqui/db';
import type { Transaction } from 'sequelize';
import type { Location } from './readMessages';
import { tombstones } from './statements';

/**
 * Removes content and reactions from many messages at once and leaves tombstones (D7). Resolves with how many were
 * made; events and existing tombstones are left alone, so a second call does nothing.
 *
 * The transaction holds the rows of these conversations, locked in id order, and no lock that comes after them (R8).
 * Offline devices receive the tombstones by sync. The worker notifies live clients (retention/announceTombstones.ts), even
 * if this process dies right after the commit.
 */
export async function makeTombstones(
  transaction: Transaction,
  locations: Location[],
): Promise<number> {
  if (locations.length === 0) return 0;
  const made = await tombstones.row(
    inTransaction(transaction),
    locations.map(({ conversationId }) => conversationId),
    locations.map(({ seq }) => seq),
  );
  return made ?? 0;
}
