import { memo, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { isOnItsWay, type ShownMessage } from '../../../store/chatView';
import { nameOf } from '../../../store/displayNames';
import { clockTime, fullTime } from '../../../shared/formatting/dates';
import { useIsBlocked } from '../../blocking/blocks';
import { useExpired } from '../../retention/useExpired';
import { Avatar } from '../../../shared/Avatar';
import { MessageActions } from '../messageActions/MessageMenu';
import { MessageText } from './MessageText';
import { Quote } from './Quote';
import { Reactions } from '../reactions/Reactions';
import { Refusal } from './SendFailure';
import { Ticks } from './Ticks';
import './messageRow.css';

interface MessageRow {
  message: ShownMessage;
  isMine: boolean;
  isFirst: boolean;
  isLast: boolean;
  isGroup: boolean;
}

/** One message: who, what, when, how far, and what others made of it. */
export const MessageRow = memo(function MessageRow(props: MessageRow) {
  const { message, isMine, isFirst, isLast, isGroup } = props;
  const senderId = isOnItsWay(message) ? '' : message.sender_id;
  const author = useChatStore((view) =>
    isMine ? 'You' : nameOf(view, message.conversation_id, senderId),
  );
  const classes = ['message', isMine ? 'mine' : 'theirs'];
  if (isFirst) classes.push('first');
  if (isLast) classes.push('last');
  const isTaken = !isOnItsWay(message);
  const isExpired = useExpired(message.conversation_id, isTaken ? message : undefined);
  const isDeleted = isTaken && (message.deleted_at !== null || isExpired);
  const isBlocked = useIsBlocked(isGroup && !isMine ? senderId : undefined);
  const [isWanted, setWanted] = useState(false);
  const isHidden = isBlocked && !isDeleted && !isWanted;
  return (
    <div className={classes.join(' ')}>
      {isGroup && !isMine && (
        <span className="message-avatar">
          {isLast && <Avatar id={senderId} name={author} size="small" />}
        </span>
      )}
      <div className="bubble-line">
        <div className="bubble">
          {isGroup && !isMine && isFirst ? (
            <bdi className="message-author">{author}</bdi>
          ) : (
            <span className="hidden-but-read">
              <bdi>{author}</bdi>:{' '}
            </span>
          )}
          {message.reply_to_id !== null && !isDeleted && !isHidden && (
            <Quote conversationId={message.conversation_id} messageId={message.reply_to_id} />
          )}
          {isHidden ? (
            <em className="message-note">
              {'Message of somebody you blocked — '}
              <button className="link-button" type="button" onClick={() => setWanted(true)}>
                Show
              </button>
            </em>
          ) : (
            <Content message={message} isDeleted={isDeleted} />
          )}
          <span className="message-meta">
            {isTaken && message.edited_at !== null && !isDeleted && (
              <span title={fullTime(message.edited_at)}>edited</span>
            )}
            <time dateTime={message.created_at} title={fullTime(message.created_at)}>
              {clockTime(message.created_at)}
            </time>
            {isMine && !isDeleted && <Ticks message={message} />}
          </span>
        </div>
        {isTaken && !isDeleted && !isHidden && <MessageActions message={message} isMine={isMine} />}
      </div>
      {isTaken && !isDeleted && !isHidden && message.reactions.length > 0 && (
        <Reactions message={message} />
      )}
      {!isTaken && message.refused !== null && <Refusal message={message} />}
    </div>
  );
});

function Content({ message, isDeleted }: { message: ShownMessage; isDeleted: boolean }) {
  if (isDeleted) return <em className="message-note">Message deleted</em>;
  if (!isOnItsWay(message)) {
    if (message.isUnreadable) {
      return <em className="message-note">This message cannot be read here</em>;
    }
    if (message.message_type !== 'text') {
      return <em className="message-note">{message.message_type}: not shown here yet</em>;
    }
  }
  return <MessageText text={message.content ?? ''} />;
}
