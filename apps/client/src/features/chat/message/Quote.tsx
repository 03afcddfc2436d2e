import { selectMessage } from '@chasqui/sdk';
import { useChatStore } from '../../../store/chatStore';
import { displayName } from '../../../store/displayNames';
import { useIsBlocked } from '../../blocking/blocks';
import { useExpired } from '../../retention/useExpired';
import { useJumpToMessage } from '../messageList/scrolling/JumpToMessageContext';
import './quote.css';

/** The message that this one replies to, on one line. Clicking it jumps there. */
export function Quote(props: { conversationId: string; messageId: string }) {
  const { conversationId, messageId } = props;
  const jumpToMessage = useJumpToMessage();
  const quoted = useChatStore((view) => selectMessage(view.chat, conversationId, messageId));
  const isExpired = useExpired(conversationId, quoted);
  const author = useChatStore((view) =>
    quoted === undefined ? '' : displayName(view, conversationId, quoted.sender_id),
  );
  const isGroup = useChatStore(
    (view) => view.chat.conversationsById[conversationId]?.type === 'group',
  );
  const isBlocked = useIsBlocked(isGroup ? quoted?.sender_id : undefined);
  return (
    <button className="quote" type="button" tabIndex={-1} onClick={() => jumpToMessage(messageId)}>
      <span className="visually-hidden">In reply to </span>
      {quoted !== undefined && <strong className="one-line">{author}</strong>}
      <span className="one-line" dir="auto">
        {quoted === undefined
          ? 'Earlier message'
          : quoted.deleted_at !== null || isExpired
            ? 'Message deleted'
            : isBlocked
              ? 'Blocked message'
              : (quoted.content ?? 'This message cannot be displayed')}
      </span>
    </button>
  );
}
