import type { Request } from '@chasqui/protocol';
import type { ChatMessage } from '@chasqui/sdk';
import { useEffect, useState } from 'react';
import { navigateToList } from '../../store/route';
import { BackButton } from '../../shared/BackButton';
import { useChatStore } from '../../store/chatStore';
import { attempt } from '../../store/notices';
import { compactTime } from '../../shared/formatting/dates';
import { setBlocked } from '../blocking/blocks';
import { useClient } from '../../store/ClientContext';
import { Avatar } from '../../shared/Avatar';
import { MessageText } from '../chat/message/MessageText';
import './requestWindow.css';

/** An open request: the sender, their messages, and buttons to respond in place of the composer. */
export function RequestWindow({ request }: { request: Request }) {
  const { from, kind, title } = request;
  const name = title ?? from.display_name;
  const messages = useMessages(request);
  return (
    <main className="chat-pane chat-window request-window">
      <header className="chat-header">
        <BackButton />
        <Avatar
          id={kind === 'group' ? request.conversation_id : from.user_id}
          name={name}
          kind={kind === 'group' ? 'group' : 'person'}
        />
        <div className="chat-header-text">
          <h2 className="one-line" dir="auto">
            {name}
          </h2>
          <p className="one-line">
            {kind === 'group' ? membersText(request.member_count ?? 0) : `@${from.username}`}
          </p>
        </div>
      </header>
      <ul className="request-messages" aria-label="Messages">
        {messages.map((message) => (
          <li key={message.id}>
            <MessageText text={textOf(message)} />
            <time dateTime={message.created_at}>{compactTime(message.created_at)}</time>
          </li>
        ))}
      </ul>
      <ResponseButtons request={request} />
    </main>
  );
}

const membersText = (count: number): string =>
  `Group with ${count} ${count === 1 ? 'member' : 'members'}`;

const textOf = ({ deleted_at, content }: ChatMessage): string =>
  deleted_at === null ? (content ?? 'This message cannot be displayed') : 'Message deleted';

/** Loads the messages of a request, again whenever the request list reports a change. */
function useMessages({ id, kind, message_count, last_message }: Request): readonly ChatMessage[] {
  const client = useClient();
  const isOnline = useChatStore((view) => view.isOnline);
  const [messages, setMessages] = useState<readonly ChatMessage[]>([]);
  useEffect(() => {
    if (kind === 'group' || !isOnline) return undefined;
    let isCurrent = true;
    client.openRequest(id).then(
      (opened) => {
        if (isCurrent) setMessages(opened.messages);
      },
      // It was answered on another device. The request list will reflect that.
      () => undefined,
    );
    return () => void (isCurrent = false);
  }, [client, id, kind, isOnline, message_count, last_message?.version]);
  return messages;
}

function ResponseButtons({ request }: { request: Request }) {
  const client = useClient();
  const [isSubmitting, setSubmitting] = useState(false);
  const { id, kind, from, title } = request;

  async function respond(action: Promise<unknown>, closesRequest: boolean): Promise<void> {
    setSubmitting(true);
    const isDone = await attempt(action);
    if (isDone && closesRequest) navigateToList('replace');
    setSubmitting(false);
  }

  return (
    <section className="request-answer" aria-label="Respond to the request">
      <p>
        {kind === 'group' ? (
          <>
            <strong>
              <bdi>{from.display_name}</bdi>
            </strong>{' '}
            (@{from.username}) invited you to <strong>{title}</strong>. You will see its messages
            once you accept.
          </>
        ) : (
          <>
            <strong>
              <bdi>{from.display_name}</bdi>
            </strong>{' '}
            wants to message you. Until you accept, they cannot see whether you are online or have
            read this.
          </>
        )}
      </p>
      <div className="request-buttons">
        <button
          className="button primary"
          type="button"
          disabled={isSubmitting}
          onClick={() => void respond(client.acceptRequest(id), false)}
        >
          Accept
        </button>
        <button
          className="button"
          type="button"
          disabled={isSubmitting}
          onClick={() => void respond(client.declineRequest(id), true)}
        >
          Decline
        </button>
        <button
          className="button danger"
          type="button"
          disabled={isSubmitting}
          onClick={() => void respond(setBlocked(client, from.user_id, true), true)}
        >
          <span>
            Block <bdi>{from.display_name}</bdi>
          </span>
        </button>
      </div>
    </section>
  );
}
