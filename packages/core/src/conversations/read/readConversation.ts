import { type Conversation, NotFoundError } from '@chasqui/protocol';
import type { ChangeDeps } from '../changeDeps';
import { readConversations } from './readConversations';

/** One conversation with up to 100 participants. Throws NotFoundError unless the user is a participant (D9). */
export async function readConversation(
  { db }: Pick<ChangeDeps, 'db'>,
  userId: string,
  conversationId: string,
): Promise<Conversation> {
  const [conversation] = await readConversations(db, userId, [conversationId], { preview: false });
  if (conversation === undefined) throw new NotFoundError();
  return conversation;
}
