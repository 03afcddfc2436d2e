import { guarded } from '@pern/db/storeErrors';
import type { Conversation } from '@pern/protocol/conversation';
import { ForbiddenError, NotFoundError } from '@pern/protocol/errors';
import { openResting } from '../lockConversation';
import { appendEvent } from './appendEvent';
import { changeGroup } from './changeGroup';
import type { ConversationDeps } from './conversationDeps';
import { announceGroupUpdate, readGroupUpdate } from './groupUpdate';
import { readConversations } from './readConversations';

/** Gives a group another title (admin, moderator). The title that it has already changes nothing. */
export async function renameConversation(
  { db, announce }: ConversationDeps,
  userId: string,
  conversationId: string,
  title: string,
): Promise<Conversation> {
  return guarded(async () => {
    const renamed = await changeGroup(
      db,
      userId,
      conversationId,
      async ({ transaction, group, role }) => {
        if (role === 'member')
          throw new ForbiddenError('only an admin or a moderator may change the title');
        const read = (): Promise<Conversation[]> =>
          readConversations(db, userId, [conversationId], { preview: false, transaction });
        if (group.title === title) return { conversations: await read() };

        await openResting(db, transaction, group);
        const event = { type: 'title', title } as const;
        const appended = await appendEvent(db, transaction, group, userId, event, { title });
        return {
          conversations: await read(),
          change: {
            update: await readGroupUpdate(db, transaction, appended.group),
            entry: appended.entry,
          },
        };
      },
    );
    const { conversations, change } = renamed;
    if (change !== undefined) announceGroupUpdate(announce, change.update, [change.entry]);
    const [conversation] = conversations;
    if (conversation === undefined) throw new NotFoundError();
    return conversation;
  });
}
