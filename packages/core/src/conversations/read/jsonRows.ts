import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/**
 * Runs a statement whose rows are one JSON column called `row`: prepared under `name`, or inside a
 * transaction, where it sees what that has changed. `Row` is what the statement builds.
 */
export async function jsonRows<Row>(
  db: Database,
  name: string,
  text: string,
  values: unknown[],
  transaction?: Transaction,
): Promise<Row[]> {
  if (transaction === undefined) {
    return (await db.query(name, text, values)).map(([row]) => row as Row);
  }
  const rows = await db.sequelize.query<{ row: Row & object }>(text, {
    bind: values,
    type: QueryTypes.SELECT,
    transaction,
  });
  return rows.map(({ row }) => row);
}
