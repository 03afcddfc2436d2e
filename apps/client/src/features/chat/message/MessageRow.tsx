import { memo, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { isOutboxEntry, type ShownMessage } from '../../../store/chatView';
import { displayName } from '../../../store/displayNames';
import { timeOfDay, dateAndTime } from '../../../shared/formatting/dates';
import { useIsBlocked } from '../../blocking/blocks';
import { useExpired } from '../../retention/useExpired';
import { Avatar } from '../../../shared/Avatar';
import { MessageMenu } from '../messageActions/MessageMenu';
import { MessageText } from './MessageText';
import { Quote } from './Quote';
import { Reactions } from '../reactions/Reactions';
import { SendFailure } from './SendFailure';
import { Ticks } from './Ticks';
import './messageRow.css';

interface MessageRow {
  message: ShownMessage;
  isMine: boolean;
  isFirst: boolean;
  isLast: boolean;
  isGroup: boolean;
}

/** One message: author, content, time, delivery status and reactions. */
export const MessageRow = memo(function MessageRow(props: MessageRow) {
  const { message, isMine, isFirst, isLast, isGroup } = props;
  const senderId = isOutboxEntry(message) ? '' : message.sender_id;
  const author = useChatStore((view) =>
    isMine ? 'You' : displayName(view, message.conversation_id, senderId),
  );
  const classes = ['message', isMine ? 'mine' : 'theirs'];
  if (isFirst) classes.push('first');
  if (isLast) classes.push('last');
  const isStored = !isOutboxEntry(message);
  const isExpired = useExpired(message.conversation_id, isStored ? message : undefined);
  const isDeleted = isStored && (message.deleted_at !== null || isExpired);
  const isBlocked = useIsBlocked(isGroup && !isMine ? senderId : undefined);
  const [isUnfolded, setUnfolded] = useState(false);
  const isFolded = isBlocked && !isDeleted && !isUnfolded;
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
            <span className="visually-hidden">
              <bdi>{author}</bdi>:{' '}
            </span>
          )}
          {message.reply_to_id !== null && !isDeleted && !isFolded && (
            <Quote conversationId={message.conversation_id} messageId={message.reply_to_id} />
          )}
          {isFolded ? (
            <em className="message-note">
              {'Message from someone you blocked — '}
              <button className="link-button" type="button" onClick={() => setUnfolded(true)}>
                Show
              </button>
            </em>
          ) : (
            <Content message={message} isDeleted={isDeleted} />
          )}
          <span className="message-meta">
            {isStored && message.edited_at !== null && !isDeleted && (
              <span title={dateAndTime(message.edited_at)}>edited</span>
            )}
            <time dateTime={message.created_at} title={dateAndTime(message.created_at)}>
              {timeOfDay(message.created_at)}
            </time>
            {isMine && !isDeleted && <Ticks message={message} />}
          </span>
        </div>
        {isStored && !isDeleted && !isFolded && <MessageMenu message={message} isMine={isMine} />}
      </div>
      {isStored && !isDeleted && !isFolded && message.reactions.length > 0 && (
        <Reactions message={message} />
      )}
      {!isStored && message.refused !== null && <SendFailure message={message} />}
    </div>
  );
});

function Content({ message, isDeleted }: { message: ShownMessage; isDeleted: boolean }) {
  if (isDeleted) return <em className="message-note">Message deleted</em>;
  if (!isOutboxEntry(message)) {
    if (message.isUnreadable) {
      return <em className="message-note">This message cannot be displayed</em>;
    }
    if (message.message_type !== 'text') {
      return <em className="message-note">Unsupported message type: {message.message_type}</em>;
    }
  }
  return <MessageText text={message.content ?? ''} />;
}
