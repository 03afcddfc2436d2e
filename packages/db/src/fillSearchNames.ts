import { QueryTypes } from 'sequelize';
import type { Database } from './connect';
import { searchColumns } from './searchNames';

interface Row {
  id: string;
  username: string;
  display_name: string;
}

/**
 * Writes the search form of up to `limit` users that have none: those of before the migration, and those that a server
 * of the release before has written. Returns how many rows it found; fewer than `limit` means that none is left. Two
 * workers at once, or a name that changes meanwhile, do no harm.
 */
export async function fillSearchNames({ sequelize }: Database, limit: number): Promise<number> {
  const rows = await sequelize.query<Row>(
    `SELECT id, username, display_name FROM users WHERE search_key IS NULL AND deleted_at IS NULL LIMIT $1`,
    { bind: [limit], type: QueryTypes.SELECT },
  );
  if (rows.length === 0) return 0;
  const filled = rows.map((row) => ({
    ...row,
    ...searchColumns(row.username, row.display_name),
  }));
  await sequelize.query(
    `UPDATE users u SET search_key = f."searchKey",
       search_grams = f."searchGrams"
     FROM jsonb_to_recordset($1::jsonb)
       AS f (id uuid, username text, display_name text, "searchKey" text, "searchGrams" integer[])
     WHERE u.id = f.id AND u.username = f.username AND u.display_name = f.display_name AND u.search_key IS NULL`,
    { bind: [JSON.stringify(filled)], type: QueryTypes.UPDATE },
  );
  return rows.length;
}
