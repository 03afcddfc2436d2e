import type { Bar, ConversationRole } from '@chasqui/protocol';

/** The state that decides whether a user may make a change. */
export interface Present {
  type: 'direct' | 'group';
  role: ConversationRole;
  barred: Bar | null;
  title: string | null;
  retentionS: number | null;
}
