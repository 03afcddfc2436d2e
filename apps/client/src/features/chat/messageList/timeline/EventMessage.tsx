import type { ConversationEvent } from '@chasqui/protocol';
import type { ChatMessage } from '@chasqui/sdk';
import { useChatStore } from '../../../../store/chatStore';
import { isolateBidi } from '../../../../shared/formatting/bidi';
import { displayName } from '../../../../store/displayNames';
import { durationText } from '../../../retention/durations';
import { BidiText } from '../../../../shared/formatting/BidiText';

/** A conversation event, such as a new member, as a sentence. */
export function EventMessage({ message }: { message: ChatMessage }) {
  const sentence = useChatStore((view) => {
    const { event, conversation_id: conversationId, sender_id: senderId } = message;
    const name = (id: string): string => {
      // Compare ids: another user may have the display name "You".
      if (id === view.me?.id) return id === senderId ? 'You' : 'you';
      return isolateBidi(displayName(view, conversationId, id));
    };
    return event === undefined ? '' : eventText(event, name(senderId), name);
  });
  return (
    <p className="event-message" dir="auto">
      <BidiText text={sentence} />
    </p>
  );
}

function eventText(event: ConversationEvent, who: string, name: (id: string) => string): string {
  switch (event.type) {
    case 'created':
      return `${who} created the group “${isolateBidi(event.title)}”`;
    case 'title':
      return `${who} renamed the group to “${isolateBidi(event.title)}”`;
    case 'added':
      return `${who} added ${listed(event.user_ids.map(name))}`;
    case 'removed':
      return `${who} removed ${listed(event.user_ids.map(name))}`;
    case 'left':
      return `${who} left`;
    case 'role':
      return `${who} made ${listed(event.user_ids.map(name))} ${roleNouns[event.role]}`;
    case 'retention':
      return retentionText(event, who);
  }
}

function retentionText(
  event: Extract<ConversationEvent, { type: 'retention' }>,
  who: string,
): string {
  if (event.retention_s === null) return `${who} turned off disappearing messages`;
  const age = durationText(event.retention_s);
  if (event.requests_history === true) {
    return `${who} asked for earlier messages to disappear after ${age} too`;
  }
  return event.apply_to_history
    ? `${who} set all messages, including earlier ones, to disappear after ${age}`
    : `${who} set new messages to disappear after ${age}`;
}

const roleNouns = { admin: 'an admin', moderator: 'a moderator', member: 'a member' } as const;

const list = new Intl.ListFormat('en', { type: 'conjunction' });
const listed = (names: readonly string[]): string => list.format(names);
