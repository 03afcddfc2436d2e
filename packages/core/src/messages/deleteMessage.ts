import { ForbiddenError } from '@chasqui/protocol';
import type { ChangeDeps } from '../conversations/changeDeps';
import { changeMessage } from './changeMessage';

/**
 * Leaves a tombstone with its seq and without content or reactions (D7). Its sender may, and in groups
 * admins and moderators. A second call changes nothing. Returns the conversation when something changed.
 */
export async function deleteMessage(
  deps: ChangeDeps,
  userId: string,
  messageId: string,
): Promise<{ conversationId: string; changed: boolean }> {
  const { changed, subject } = await changeMessage(deps, userId, messageId, (found) => {
    if (found.kind !== 'message')
      throw new ForbiddenError('an event of the conversation cannot be deleted');
    if (found.senderId !== userId && found.role === 'member') {
      throw new ForbiddenError('only its sender, an admin or a moderator may delete a message');
    }
    if (found.deleted) return undefined;
    return {
      assignments: `content_encrypted = NULL, reactions = NULL,
        deleted_at = date_trunc('milliseconds', clock_timestamp())`,
    };
  });
  return { conversationId: subject.conversationId, changed };
}
