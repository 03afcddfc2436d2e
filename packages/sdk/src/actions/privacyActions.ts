import { deleteMe } from '@pern/protocol/rest/account';
import { blockUser, listBlocks, unblockUser } from '@pern/protocol/rest/blocks';
import { exportMe } from '@pern/protocol/rest/export';
import { PAGE_MAX } from '@pern/protocol/limits';
import * as z from 'zod';
import { noBody } from '../connection/answers';
import { OfflineError } from '../errors';
import { downloaded } from '../connection/request';
import type { Rest } from '../connection/rest';
import type { ChatClient } from '../chatClient';
import type { Session } from '../session/session';

type PrivacyActions = Pick<
  ChatClient,
  'blockUser' | 'unblockUser' | 'listBlocks' | 'deleteAccount' | 'exportAccount'
>;

interface Deps {
  url: string;
  rest: Rest;
  session: Session;
  /** Takes everything of this user's away: there is nobody any more to sign out. */
  onDeleted: () => Promise<void>;
}

export function createPrivacyActions({ url, rest, session, onDeleted }: Deps): PrivacyActions {
  return {
    blockUser: (id) => rest.call(blockUser, noBody, { params: { id } }),
    unblockUser: (id) => rest.call(unblockUser, noBody, { params: { id } }),
    async listBlocks(cursor) {
      const page = await rest.call(listBlocks, listBlocks.answers[200], {
        query: { limit: PAGE_MAX, cursor },
      });
      return { blocks: page.blocks, nextCursor: page.next_cursor };
    },
    async deleteAccount({ password, eraseMessages = false }) {
      const body = { password, erase_messages: eraseMessages };
      await rest.call(deleteMe, noBody, { body });
      await onDeleted();
    },
    async exportAccount() {
      const file = await downloaded(url, exportMe, await session.accessToken());
      const end = (await file.slice(-LAST_LINE_MAX).text()).trimEnd().split('\n').at(-1) ?? '';
      if (!isEnd(end)) throw new OfflineError('the export broke off');
      return file;
    },
  };
}

/** Longer than the record that an export ends with. */
const LAST_LINE_MAX = 200;

const end = z.object({ record: z.literal('end') });

function isEnd(line: string): boolean {
  try {
    return end.safeParse(JSON.parse(line)).success;
  } catch {
    return false;
  }
}
