import { createEvent, type MessageStatusUpdated, type ServerEvent } from '@chasqui/protocol';

/** For the author of the messages that a recipient has newly received or read (D6). */
export function messageStatusUpdated(
  authorId: string,
  data: MessageStatusUpdated,
): ServerEvent<'chat:message_status_updated'> {
  return createEvent('chat:message_status_updated', data, {
    conversationId: data.conversationId,
    seq: data.seq,
    recipients: { scope: 'users', userIds: [authorId] },
  });
}

/** The exact unread count of one membership, for all devices of its user (D8). */
export function unreadUpdated({
  userId,
  conversationId,
  unreadCount,
  readSeq,
}: {
  userId: string;
  conversationId: string;
  unreadCount: number;
  readSeq: number;
}): ServerEvent<'chat:unread_updated'> {
  return createEvent(
    'chat:unread_updated',
    { conversationId, unreadCount, readSeq },
    { conversationId, seq: readSeq, recipients: { scope: 'users', userIds: [userId] } },
  );
}
