import { ForbiddenError } from '@chasqui/protocol';
import type { ChangeDeps } from '../conversations/changeDeps';
import { changeMessage } from './changeMessage';

/**
 * Leaves a tombstone that keeps its seq but has no content or reactions (D7). The sender may delete, and in groups
 * admins and moderators. A second call changes nothing.
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
    return { type: 'delete' };
  });
  return { conversationId: subject.conversationId, changed };
}
