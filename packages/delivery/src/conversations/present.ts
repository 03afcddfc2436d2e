import type { ConversationRole } from '@pern/protocol/conversation';
import type { Bar } from '@pern/protocol/conversation';

/** What the one who wants the change finds there. */
export interface Present {
  type: 'direct' | 'group';
  role: ConversationRole;
  barred: Bar | null;
  title: string | null;
  retentionS: number | null;
}
