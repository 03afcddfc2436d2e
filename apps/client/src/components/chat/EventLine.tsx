import type { ConversationEvent } from '@pern/protocol/message';
import type { ChatMessage } from '@pern/sdk/entry';
import { useChatStore } from '../../store/chatStore';
import { nameOf } from '../../store/names';

/** A piece of a group's own history, in a sentence. */
export function EventLine({ message }: { message: ChatMessage }) {
  const sentence = useChatStore((view) => {
    const { event, conversation_id: conversationId, sender_id: senderId } = message;
    const name = (id: string): string => {
      const called = nameOf(view, conversationId, id);
      return called === 'You' && id !== senderId ? 'you' : called;
    };
    return event === undefined ? '' : tell(event, name(senderId), name);
  });
  return (
    <p className="event-line" dir="auto">
      {sentence}
    </p>
  );
}

function tell(event: ConversationEvent, who: string, name: (id: string) => string): string {
  switch (event.type) {
    case 'created':
      return `${who} created the group “${event.title}”`;
    case 'title':
      return `${who} renamed the group to “${event.title}”`;
    case 'added':
      return `${who} added ${listed(event.user_ids.map(name))}`;
    case 'removed':
      return `${who} removed ${listed(event.user_ids.map(name))}`;
    case 'left':
      return `${who} left`;
    case 'role':
      return `${who} made ${listed(event.user_ids.map(name))} ${event.role}`;
  }
}

const list = new Intl.ListFormat('en', { type: 'conjunction' });
const listed = (names: readonly string[]): string => list.format(names);
