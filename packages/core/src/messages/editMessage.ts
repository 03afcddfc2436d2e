import { ForbiddenError, type Message, ValidationError } from '@chasqui/protocol';
import { barredError } from '../blocks/barred';
import { checkEditInRequest } from '../consent/refusedSend';
import type { ChangeDeps } from '../conversations/changeDeps';
import { changeMessage } from './changeMessage';

/** Replaces the content; only the sender may. Repeating the same content changes nothing. */
export async function editMessage(
  deps: ChangeDeps,
  userId: string,
  messageId: string,
  contentEncrypted: string,
): Promise<Message> {
  const { message } = await changeMessage(deps, userId, messageId, (subject) => {
    if (subject.kind !== 'message' || subject.senderId !== userId) {
      throw new ForbiddenError('only its sender may edit a message');
    }
    if (subject.barred !== null) throw barredError(subject.barred);
    checkEditInRequest(subject.requested, contentEncrypted);
    if (subject.deleted) throw new ValidationError('a deleted message cannot be edited');
    if (subject.content === contentEncrypted) return undefined;
    return { type: 'edit', content: contentEncrypted };
  });
  return message;
}
