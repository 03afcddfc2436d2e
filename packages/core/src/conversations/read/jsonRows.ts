import type { Database } from '@chasqui/db';
import { QueryTypes, type Transaction } from 'sequelize';

/**
 * Runs a statement that returns one JSON column named `row`, of type `Row`. It is prepared under `name`, or runs inside
 * a transaction and sees the changes of that transaction.
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
