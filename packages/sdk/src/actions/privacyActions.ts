import {
  blockUser,
  deleteMe,
  exportMe,
  listBlocks,
  PAGE_MAX,
  unblockUser,
} from '@chasqui/protocol';
import * as z from 'zod';
import { noBody } from '../transport/responses';
import { OfflineError } from '../errors';
import { downloaded } from '../transport/request';
import type { Rest } from '../transport/rest';
import type { ChatClient } from '../chatClient';
import type { Session } from '../session/session';
import type { WritableStore } from '../state/store';

type PrivacyActions = Pick<
  ChatClient,
  'blockUser' | 'unblockUser' | 'listBlocks' | 'readBlocks' | 'deleteAccount' | 'exportAccount'
>;

interface Deps {
  url: string;
  rest: Rest;
  session: Session;
  store: WritableStore;
  /** Deletes the user's local data. The account, and with it the session, no longer exists. */
  onDeleted: () => Promise<void>;
}

export function createPrivacyActions({
  url,
  rest,
  session,
  store,
  onDeleted,
}: Deps): PrivacyActions {
  const listBlocked: PrivacyActions['listBlocks'] = async (cursor) => {
    const page = await rest.call(listBlocks, listBlocks.answers[200], {
      query: { limit: PAGE_MAX, cursor },
    });
    return { blocks: page.blocks, nextCursor: page.next_cursor };
  };

  async function readAll(): Promise<string[]> {
    const userIds: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listBlocked(cursor);
      userIds.push(...page.blocks.map(({ user_id: id }) => id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return userIds;
  }

  return {
    async blockUser(userId) {
      await rest.call(blockUser, noBody, { params: { id: userId } });
      store.dispatch({ type: 'block changed', change: { userId, blocked: true } });
      for (const { id, from } of store.getState().requests) {
        if (from.user_id === userId) store.dispatch({ type: 'request settled', requestId: id });
      }
    },
    async unblockUser(userId) {
      await rest.call(unblockUser, noBody, { params: { id: userId } });
      store.dispatch({ type: 'block changed', change: { userId, blocked: false } });
    },
    listBlocks: listBlocked,
    async readBlocks() {
      for (;;) {
        const before = store.getState().blockedById;
        const userIds = await readAll();
        // An event arrived meanwhile; it may be newer than the pages.
        if (store.getState().blockedById !== before) continue;
        store.dispatch({ type: 'blocks read', userIds });
        return;
      }
    },
    async deleteAccount({ password, eraseMessages = false }) {
      const body = { password, erase_messages: eraseMessages };
      await rest.call(deleteMe, noBody, { body });
      await onDeleted();
    },
    async exportAccount() {
      const file = await downloaded(url, exportMe, await session.accessToken());
      const end = (await file.slice(-LAST_LINE_MAX).text()).trimEnd().split('\n').at(-1) ?? '';
      if (!isEnd(end)) throw new OfflineError('the export is incomplete');
      return file;
    },
  };
}

/** Longer than the final record of an export. */
const LAST_LINE_MAX = 200;

const end = z.object({ record: z.literal('end') });

function isEnd(line: string): boolean {
  try {
    return end.safeParse(JSON.parse(line)).success;
  } catch {
    return false;
  }
}
