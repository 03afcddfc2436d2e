import {
  type Conversation,
  type ConversationForAll,
  createEvent,
  type ServerEvent,
} from '@chasqui/protocol';

/** For users who are members from now on. `conversation` is as these users see it. */
export function conversationCreated(
  userIds: readonly string[],
  conversation: Conversation,
): ServerEvent<'conversation:created'> {
  return createEvent('conversation:created', conversation, {
    conversationId: conversation.id,
    seq: null,
    recipients: { scope: 'users', userIds },
  });
}

/**
 * The title, the participants or their roles changed. For the members whose membership covers `seq`, that of the last
 * message in the event (D9); null is for all members.
 */
export function conversationUpdated(
  conversation: ConversationForAll,
  seq: number | null,
): ServerEvent<'conversation:updated'> {
  return createEvent('conversation:updated', conversation, {
    conversationId: conversation.id,
    seq,
    recipients: { scope: 'members' },
  });
}

/** The same for named users. */
export function conversationUpdatedFor(
  userIds: readonly string[],
  conversation: ConversationForAll,
): ServerEvent<'conversation:updated'> {
  return createEvent('conversation:updated', conversation, {
    conversationId: conversation.id,
    seq: null,
    recipients: { scope: 'users', userIds },
  });
}

/** The user's membership has ended; no event of the conversation follows (D9). */
export function conversationRemoved(
  userId: string,
  conversationId: string,
): ServerEvent<'conversation:removed'> {
  return createEvent(
    'conversation:removed',
    { conversationId },
    { conversationId, seq: null, recipients: { scope: 'users', userIds: [userId] } },
  );
}

/** The user's contact or group requests changed; devices read them again. */
export function requestsChanged(
  userIds: readonly string[],
  conversationId: string,
): ServerEvent<'requests:changed'> {
  return createEvent(
    'requests:changed',
    { conversationId },
    { conversationId, seq: null, recipients: { scope: 'users', userIds } },
  );
}
