import { guarded } from '@pern/db/storeErrors';
import { PARTICIPANTS_EMBEDDED_MAX } from '@pern/protocol/limits';
import type { ConversationDeps } from './conversationDeps';

const AUDIENCE = `SELECT DISTINCT o.user_id
  FROM participants p
  JOIN conversations c ON c.id = p.conversation_id
    AND (c.type = 'direct' OR c.participant_count <= $2::integer)
  JOIN participants o ON o.conversation_id = c.id AND o.user_id <> p.user_id
  WHERE p.user_id = $1::uuid`;

/** Who is told when this user comes and goes: those in a direct conversation or a small group with them (D10). */
export async function presenceAudience(
  { db }: Pick<ConversationDeps, 'db'>,
  userId: string,
): Promise<string[]> {
  const rows = await guarded(() =>
    db.query('presence_audience', AUDIENCE, [userId, PARTICIPANTS_EMBEDDED_MAX]),
  );
  return (rows as [string][]).map(([id]) => id);
}
