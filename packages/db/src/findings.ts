import type { Database } from './connect';

export type FindingSource = 'sweep' | 'audit';

/** Adds to what workers have found since the instance began. */
export async function recordFinding(
  db: Database,
  source: FindingSource,
  kind: string,
  count: number,
): Promise<void> {
  await db.query(
    'record_finding',
    `INSERT INTO findings AS f (source, kind, count) VALUES ($1, $2, $3)
     ON CONFLICT (source, kind) DO UPDATE SET count = f.count + excluded.count, last_at = now()`,
    [source, kind, count],
  );
}

/** What workers have found, by kind; empty when nothing was ever found. */
export async function readFindings(
  db: Database,
  source: FindingSource,
): Promise<Record<string, number>> {
  const rows = await db.query(
    'read_findings',
    'SELECT kind, count::float8 FROM findings WHERE source = $1',
    [source],
  );
  return Object.fromEntries(rows.map(([kind, count]) => [String(kind), Number(count)]));
}
