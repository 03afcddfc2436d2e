import type { ChatCore } from '@chasqui/core';
import type { Log } from '@chasqui/foundation';
import { PAGE_MAX } from '@chasqui/protocol';
import type { ChatSelection } from '../subscribe/chatSelection';

/** The rest is read from `GET /api/conversations`. */
const CONVERSATIONS_MAX = 1_000;

interface Options {
  core: Pick<ChatCore, 'conversations'>;
  userId: string;
  selection: ChatSelection;
  write: (event: string, data: object) => void;
  log: Pick<Log, 'warn'>;
}

/** Writes the conversations of a stream as they are now, for a client that cannot resume. Never throws. */
export async function writeConversations({
  core,
  userId,
  selection,
  write,
  log,
}: Options): Promise<void> {
  try {
    let cursor: string | null = null;
    for (let left = CONVERSATIONS_MAX; left > 0; left -= PAGE_MAX) {
      const page: Awaited<ReturnType<ChatCore['conversations']['list']>> =
        await core.conversations.list(userId, {
          limit: PAGE_MAX,
          ...(cursor === null ? {} : { cursor }),
        });
      for (const conversation of page.items) {
        if (selection.hasConversation(conversation.id)) write('conversation-updated', conversation);
      }
      cursor = page.nextCursor;
      if (cursor === null) return;
    }
  } catch (error) {
    log.warn({ err: error }, 'a stream could not list its conversations');
  }
}
