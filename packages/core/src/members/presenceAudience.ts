import { guarded } from '@chasqui/db';
import { PARTICIPANTS_EMBEDDED_MAX } from '@chasqui/protocol';
import { isBlockedBetween } from '../blocks/blockedAmong';
import type { ChangeDeps } from '../conversations/changeDeps';

/** Of more conversations nobody is told: coming and going must not cost what a long life has gathered (D12). */
const MOST_CONVERSATIONS = 500;
// The open ones are few; the resting ones lie in the order of their last activity in an index.
const AUDIENCE = `SELECT DISTINCT o.user_id
  FROM (
    (SELECT p.conversation_id FROM participants p WHERE uuid_send(p.user_id) = uuid_send($1::uuid) AND p.open LIMIT $3::integer)
    UNION ALL
    (SELECT p.conversation_id FROM participants p WHERE p.user_id = $1::uuid AND NOT p.open
     ORDER BY p.activity_at DESC, p.conversation_id DESC LIMIT $3::integer)
    LIMIT $3::integer
  ) mine
  CROSS JOIN LATERAL (
    SELECT c.id FROM conversations c WHERE c.id = mine.conversation_id
      AND (c.type = 'direct' OR c.participant_count <= $2::integer) OFFSET 0
  ) c
  JOIN participants o ON o.conversation_id = c.id AND o.user_id <> $1::uuid
  WHERE NOT ${isBlockedBetween('$1::uuid', 'o.user_id')}`;

/**
 * Who is told when this user comes and goes: those in a direct conversation or a small group with them
 * (D10), of the 500 conversations with the latest activity, but for those between whom and this user a block stands.
 */
export async function presenceAudience(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
): Promise<string[]> {
  const rows = await guarded(() =>
    db.query('presence_audience', AUDIENCE, [
      userId,
      PARTICIPANTS_EMBEDDED_MAX,
      MOST_CONVERSATIONS,
    ]),
  );
  return (rows as [string][]).map(([id]) => id);
}
