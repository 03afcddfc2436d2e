import { guarded } from '@chasqui/db';
import { PARTICIPANTS_EMBEDDED_MAX } from '@chasqui/protocol';
import type { ChangeDeps } from '../../conversations/changeDeps';
import { presenceAudienceOf } from './statements';

/** Bounds the cost of a presence change for users with many conversations (D12). */
const MAX_CONVERSATIONS = 500;

/**
 * The users who are notified of this user's presence: members of a direct conversation or small group with them (D10),
 * of the 500 conversations with the latest activity, without users who block them or whom they block.
 */
export function presenceAudience(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
): Promise<string[]> {
  return guarded(() =>
    presenceAudienceOf.rows(db, userId, PARTICIPANTS_EMBEDDED_MAX, MAX_CONVERSATIONS),
  );
}
