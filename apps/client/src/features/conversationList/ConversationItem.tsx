import { type KnownConversation, selectTyping } from '@chasqui/sdk';
import { memo } from 'react';
import { useChatStore } from '../../store/chatStore';
import { readDraft } from '../../store/drafts';
import { isolateBidi } from '../../shared/formatting/bidi';
import { displayName, otherParticipant, conversationTitle } from '../../store/displayNames';
import { BidiText } from '../../shared/formatting/BidiText';
import { compactTime } from '../../shared/formatting/dates';
import { useIsBlocked } from '../blocking/blocks';
import { useLastMessage } from './useLastMessage';
import { Avatar } from '../../shared/Avatar';
import { Ticks } from '../chat/message/Ticks';

interface ConversationItem {
  conversation: KnownConversation;
  isOpen: boolean;
  onChoose: (id: string) => void;
}

export const ConversationItem = memo(function ConversationItem(props: ConversationItem) {
  const { conversation, isOpen, onChoose } = props;
  const me = useChatStore((view) => view.me?.id);
  const other = otherParticipant(conversation, me);
  const isBarred = (conversation.barred ?? null) !== null;
  const presence = useChatStore((view) =>
    isBarred ? undefined : view.userPresenceById[other?.user_id ?? '']?.status,
  );
  const title = conversationTitle(conversation, me);
  const { last_message: last, my } = conversation;
  const unread = my.unread_count;
  return (
    <li>
      <button
        className="list-item"
        type="button"
        aria-current={isOpen}
        onClick={() => onChoose(conversation.id)}
      >
        <Avatar
          id={other?.user_id ?? conversation.id}
          name={title}
          kind={conversation.type === 'group' ? 'group' : 'person'}
          presence={presence}
        />
        <span className="list-item-body">
          <span className="list-item-title one-line" dir="auto">
            {title}
            {presence === 'online' && <span className="visually-hidden">, online</span>}
          </span>
          <span className="list-item-time">
            {compactTime(last?.created_at ?? conversation.updated_at)}
          </span>
          <Preview conversation={conversation} isOpen={isOpen} />
          {unread > 0 && (
            <span className="unread">
              {unread > 999 ? '999+' : unread}
              <span className="visually-hidden"> unread</span>
            </span>
          )}
        </span>
      </button>
    </li>
  );
});

/** In order of priority: typing indicator, draft, last message. */
function Preview({ conversation, isOpen }: Pick<ConversationItem, 'conversation' | 'isOpen'>) {
  const { id, type } = conversation;
  const typing = useChatStore((view) => selectTyping(view.chat, id).length > 0);
  const me = useChatStore((view) => view.me?.id);
  const last = useLastMessage(conversation);
  const author = useChatStore((view) =>
    last === undefined ? '' : displayName(view, id, last.sender_id),
  );
  const isBlocked = useIsBlocked(type === 'group' ? last?.sender_id : undefined);
  const draft = isOpen || me === undefined ? '' : readDraft(me, id);
  if (typing) {
    return (
      <span className="list-item-preview">
        <em>typing…</em>
      </span>
    );
  }
  if (draft !== '') {
    return (
      <span className="list-item-preview">
        <span className="one-line">
          <em>Draft:</em> {draft}
        </span>
      </span>
    );
  }
  if (last === undefined) return <span className="list-item-preview">No messages yet</span>;
  const isMine = last.sender_id === me;
  return (
    <span className="list-item-preview">
      {isMine && <Ticks message={last} />}
      <span className="one-line" dir="auto">
        {type === 'group' && !isMine && <BidiText text={`${isolateBidi(author)}: `} />}
        {isBlocked ? 'Blocked message' : last.text}
      </span>
    </span>
  );
}
