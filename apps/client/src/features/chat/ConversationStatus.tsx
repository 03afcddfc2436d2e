import type { Presence } from '@chasqui/protocol';
import type { KnownConversation } from '@chasqui/sdk';
import { BidiText } from '../../shared/formatting/BidiText';
import { lastSeenText } from '../../shared/formatting/dates';
import { useChatStore } from '../../store/chatStore';
import { isolateBidi } from '../../shared/formatting/bidi';
import { displayName } from '../../store/displayNames';

interface ConversationStatus {
  conversation: KnownConversation;
  presence: Presence | undefined;
}

/** The line below the title: who is typing, the number of members, or the presence of the other participant. */
export function ConversationStatus({ conversation, presence }: ConversationStatus) {
  const { id, type, participant_count: count } = conversation;
  const typing = useChatStore((view) => view.typingUsersInConversation);
  const view = useChatStore.getState();
  const names = typing.map(({ user_id: userId }) => displayName(view, id, userId));
  if (names.length > 0) {
    return (
      <p className="one-line is-typing" aria-live="polite">
        {type === 'direct' ? 'typing…' : <BidiText text={typingText(names)} />}
      </p>
    );
  }
  if (type !== 'direct') return <p>{count === 1 ? 'Only you' : `${count} members`}</p>;
  if (presence === undefined) return <p />;
  return <p>{presence.status === 'online' ? 'online' : lastSeenText(presence.last_seen_at)}</p>;
}

function typingText(names: readonly string[]): string {
  if (names.length > 2) return `${names.length} people are typing…`;
  return `${names.map(isolateBidi).join(' and ')} ${names.length === 1 ? 'is' : 'are'} typing…`;
}
