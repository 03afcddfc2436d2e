import type { ConversationEvent } from '@pern/protocol/message';
import type { ChatMessage } from '@pern/sdk/entry';
import { useChatStore } from '../../../../store/chatStore';
import { isolated, nameOf } from '../../../../store/displayNames';
import { durationWords } from '../../../retention/durations';
import { Sentence } from '../../../../shared/formatting/BidiText';

/** A piece of a conversation's own history, in a sentence. */
export function EventLine({ message }: { message: ChatMessage }) {
  const sentence = useChatStore((view) => {
    const { event, conversation_id: conversationId, sender_id: senderId } = message;
    const name = (id: string): string => {
      // By the id: somebody else may be called You.
      if (id === view.me?.id) return id === senderId ? 'You' : 'you';
      return isolated(nameOf(view, conversationId, id));
    };
    return event === undefined ? '' : tell(event, name(senderId), name);
  });
  return (
    <p className="event-line" dir="auto">
      <Sentence text={sentence} />
    </p>
  );
}

function tell(event: ConversationEvent, who: string, name: (id: string) => string): string {
  switch (event.type) {
    case 'created':
      return `${who} created the group “${isolated(event.title)}”`;
    case 'title':
      return `${who} renamed the group to “${isolated(event.title)}”`;
    case 'added':
      return `${who} added ${listed(event.user_ids.map(name))}`;
    case 'removed':
      return `${who} removed ${listed(event.user_ids.map(name))}`;
    case 'left':
      return `${who} left`;
    case 'role':
      return `${who} made ${listed(event.user_ids.map(name))} ${event.role}`;
    case 'retention':
      return tellRetention(event, who);
  }
}

function tellRetention(
  event: Extract<ConversationEvent, { type: 'retention' }>,
  who: string,
): string {
  if (event.retention_s === null) return `${who} turned off disappearing messages`;
  const age = durationWords(event.retention_s);
  if (event.requests_history === true) {
    return `${who} asked that earlier messages disappear after ${age}, too`;
  }
  return event.apply_to_history
    ? `${who} set all messages, earlier ones included, to disappear after ${age}`
    : `${who} set new messages to disappear after ${age}`;
}

const list = new Intl.ListFormat('en', { type: 'conjunction' });
const listed = (names: readonly string[]): string => list.format(names);
