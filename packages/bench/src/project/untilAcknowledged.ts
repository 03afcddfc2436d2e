import { until } from '../load/until';
import type { Project } from './project';

/** Resolves when a device of this user has acknowledged everything in these conversations. */
export async function untilAcknowledged(
  { pool }: Pick<Project, 'pool'>,
  userId: string,
  conversationIds: readonly string[],
): Promise<void> {
  await until('everything is acknowledged', async () => {
    const { rows } = await pool.query<{ behind: number }>(
      `SELECT count(*)::integer AS behind FROM participants p JOIN conversations c ON c.id = p.conversation_id
       WHERE p.user_id = $1 AND p.conversation_id = ANY ($2::uuid[]) AND p.acked_seq < c.last_seq`,
      [userId, conversationIds],
    );
    return rows[0]?.behind === 0;
  });
}
