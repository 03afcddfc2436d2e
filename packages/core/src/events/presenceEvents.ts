import { createEvent, type PresenceStatus, type ServerEvent } from '@chasqui/protocol';
import type { TypingNotification } from '../ports/index';

/** A user came online or went offline, for those who may see it (D10). `at` in milliseconds since 1970. */
export function userStatusChanged(
  audience: readonly string[],
  userId: string,
  status: PresenceStatus,
  at: number,
): ServerEvent<'user:status_changed'> {
  return createEvent(
    'user:status_changed',
    { userId, status, timestamp: new Date(at).toISOString() },
    { conversationId: null, seq: null, recipients: { scope: 'users', userIds: audience } },
  );
}

/** A member started or stopped typing, for all other members (D10). */
export function userTyping(
  { conversationId, userId, username }: TypingNotification,
  isTyping: boolean,
  at: number,
): ServerEvent<'chat:user_typing'> {
  return createEvent(
    'chat:user_typing',
    { conversationId, userId, username, isTyping, timestamp: new Date(at).toISOString() },
    { conversationId, seq: null, recipients: { scope: 'members', except: userId } },
  );
}
