import type { Database } from '../connection/connect';
import { addFindings, findingsOfSource } from '../statements/instance';

export type FindingSource = 'sweep' | 'audit';

/** Adds to the findings of all workers since the instance was created. */
export async function recordFinding(
  db: Database,
  source: FindingSource,
  kind: string,
  count: number,
): Promise<void> {
  await addFindings.run(db, source, kind, count);
}

/** Returns the findings of all workers by kind; empty when there are none. */
export async function readFindings(
  db: Database,
  source: FindingSource,
): Promise<Record<string, number>> {
  const findings = await findingsOfSource.rows(db, source);
  return Object.fromEntries(findings.map(({ kind, count }) => [kind, count]));
}
