import type { Bar, ConversationRole } from '@chasqui/protocol';

/** What the one who wants the change finds there. */
export interface Present {
  type: 'direct' | 'group';
  role: ConversationRole;
  barred: Bar | null;
  title: string | null;
  retentionS: number | null;
}
