import type { Database } from '@chasqui/db';

interface PlanNode {
  'Node Type': string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  Plans?: PlanNode[];
}

/**
 * How many rows the statements of `work` read from tables and indexes, according to EXPLAIN ANALYZE.
 * Measures cost without measuring time.
 */
export async function rowsTouched(
  db: Database,
  work: (db: Database) => Promise<unknown>,
): Promise<number> {
  let touched = 0;
  await work({
    ...db,
    async query(name, text, values) {
      const explain = `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`;
      const [[plans] = []] = await db.query(`explain_${name}`, explain, values);
      touched += scanned((plans as { Plan: PlanNode }[])[0]?.Plan);
      return db.query(name, text, values);
    },
  });
  return touched;
}

function scanned(node: PlanNode | undefined): number {
  if (node === undefined) return 0;
  const below = (node.Plans ?? []).reduce((sum, plan) => sum + scanned(plan), 0);
  if (!node['Node Type'].endsWith('Scan')) return below;
  const removed =
    (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
  return below + node['Actual Loops'] * (node['Actual Rows'] + removed);
}
