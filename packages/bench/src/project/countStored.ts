import type { Project } from './project';

/**
 * Throws unless PostgreSQL holds exactly the expected number of messages in these conversations and the worker's auditor
 * has found no violation.
 */
export async function expectStored(
  { pool }: Project,
  conversationIds: readonly string[],
  expected: number,
): Promise<void> {
  const { rows } = await pool.query<{ stored: number }>(
    `SELECT count(*)::float8 AS stored FROM messages
     WHERE kind = 'message' AND conversation_id = ANY ($1::uuid[])`,
    [conversationIds],
  );
  const stored = rows[0]?.stored;
  if (stored !== expected) throw new Error(`${expected} acknowledged, ${stored} stored`);
  const { rows: found } = await pool.query<{ kind: string }>(
    `SELECT kind FROM findings WHERE source = 'audit'`,
  );
  if (found.length > 0)
    throw new Error(`the auditor found: ${found.map(({ kind }) => kind).join()}`);
}
