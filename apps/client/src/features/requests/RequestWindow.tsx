import type { Request } from '@pern/protocol/request';
import type { ChatMessage } from '@pern/sdk/entry';
import { ArrowLeft } from 'lucide-react';
import { useEffect, useState } from 'react';
import { goToList } from '../../store/route';
import { useChatStore } from '../../store/chatStore';
import { attempt } from '../../store/notices';
import { briefTime } from '../../shared/formatting/dates';
import { setBlocked } from '../blocking/blocks';
import { useClient } from '../../store/ClientContext';
import { Avatar } from '../../shared/Avatar';
import { MessageText } from '../chat/message/MessageText';
import './requestWindow.css';

/** An opened request: who asks, what they wrote, and the answer in place of the composer. */
export function RequestWindow({ request }: { request: Request }) {
  const { from, kind, title } = request;
  const name = title ?? from.display_name;
  const messages = useMessages(request);
  return (
    <main className="chat-pane chat-window request-window">
      <header className="chat-header">
        <button
          className="icon-button back"
          type="button"
          aria-label="All conversations"
          onClick={() => goToList()}
        >
          <ArrowLeft size={22} aria-hidden />
        </button>
        <Avatar
          id={kind === 'group' ? request.conversation_id : from.user_id}
          name={name}
          kind={kind === 'group' ? 'group' : 'person'}
        />
        <div className="chat-header-words">
          <h2 className="one-line" dir="auto">
            {name}
          </h2>
          <p className="one-line">
            {kind === 'group' ? membersOf(request.member_count ?? 0) : `@${from.username}`}
          </p>
        </div>
      </header>
      <ul className="request-messages" aria-label="Messages">
        {messages.map((message) => (
          <li key={message.id}>
            <MessageText text={textOf(message)} />
            <time dateTime={message.created_at}>{briefTime(message.created_at)}</time>
          </li>
        ))}
      </ul>
      <Answer request={request} />
    </main>
  );
}

const membersOf = (count: number): string =>
  `Group of ${count} ${count === 1 ? 'person' : 'people'}`;

const textOf = ({ deleted_at, content }: ChatMessage): string =>
  deleted_at === null ? (content ?? 'This message cannot be read') : 'Message deleted';

/** Read again whenever the list says that there is more. */
function useMessages({ id, kind, message_count, last_message }: Request): readonly ChatMessage[] {
  const client = useClient();
  const isOnline = useChatStore((view) => view.isOnline);
  const [messages, setMessages] = useState<readonly ChatMessage[]>([]);
  useEffect(() => {
    if (kind === 'group' || !isOnline) return undefined;
    let isWanted = true;
    client.openRequest(id).then(
      (opened) => {
        if (isWanted) setMessages(opened.messages);
      },
      // It was settled on another device: the list will say so.
      () => undefined,
    );
    return () => void (isWanted = false);
  }, [client, id, kind, isOnline, message_count, last_message?.version]);
  return messages;
}

function Answer({ request }: { request: Request }) {
  const client = useClient();
  const [isAsking, setAsking] = useState(false);
  const { id, kind, from, title } = request;

  async function answer(action: Promise<unknown>, isGone: boolean): Promise<void> {
    setAsking(true);
    const isDone = await attempt(action);
    if (isDone && isGone) goToList('at once');
    setAsking(false);
  }

  return (
    <section className="request-answer" aria-label="Your answer">
      <p>
        {kind === 'group' ? (
          <>
            <strong>
              <bdi>{from.display_name}</bdi>
            </strong>{' '}
            (@{from.username}) invites you to <strong>{title}</strong>. You see its messages when
            you accept.
          </>
        ) : (
          <>
            <strong>
              <bdi>{from.display_name}</bdi>
            </strong>{' '}
            wants to write to you. They do not see whether you have read this, or whether you are
            online, until you accept.
          </>
        )}
      </p>
      <div className="request-buttons">
        <button
          className="button primary"
          type="button"
          disabled={isAsking}
          onClick={() => void answer(client.acceptRequest(id), false)}
        >
          Accept
        </button>
        <button
          className="button"
          type="button"
          disabled={isAsking}
          onClick={() => void answer(client.declineRequest(id), true)}
        >
          Decline
        </button>
        <button
          className="button danger"
          type="button"
          disabled={isAsking}
          onClick={() => void answer(setBlocked(client, from.user_id, true), true)}
        >
          Block <bdi>{from.display_name}</bdi>
        </button>
      </div>
    </section>
  );
}
