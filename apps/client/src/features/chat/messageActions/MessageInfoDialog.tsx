import type { ChatMessage, MessageDetail } from '@chasqui/sdk';
import { useEffect, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { errorText } from '../../../shared/formatting/errorText';
import { displayName } from '../../../store/displayNames';
import { dateAndTime } from '../../../shared/formatting/dates';
import { useClient } from '../../../store/ClientContext';
import { Avatar } from '../../../shared/Avatar';
import { Dialog } from '../../../shared/Dialog';
import './messageInfoDialog.css';

type Statuses = MessageDetail['statuses'];

/** Who has read one of the user's own messages, who has received it and who has not, with times. */
export function MessageInfoDialog(props: { message: ChatMessage; onClose: () => void }) {
  const { message, onClose } = props;
  const client = useClient();
  const [statuses, setStatuses] = useState<Statuses>();
  const [next, setNext] = useState<string | null>(null);
  const [error, setError] = useState('');
  // Receipts are part of the participants, so a changed receipt reloads the status.
  const receipts = useChatStore(
    (view) => view.chat.conversationsById[message.conversation_id]?.participants,
  );

  useEffect(() => {
    let isCurrent = true;
    client.messageStatus(message.id).then(
      (detail) => {
        if (!isCurrent) return;
        setStatuses(detail.statuses);
        setNext(detail.next_cursor);
      },
      (error: unknown) => isCurrent && setError(errorText(error)),
    );
    return () => void (isCurrent = false);
  }, [client, message.id, receipts]);

  async function loadMore(): Promise<void> {
    const detail = await client.messageStatus(message.id, next ?? undefined);
    setStatuses((before) => [...(before ?? []), ...detail.statuses]);
    setNext(detail.next_cursor);
  }

  return (
    <Dialog title="Message info" onClose={onClose}>
      <p className="message-info-text" dir="auto">
        {message.content}
      </p>
      {error !== '' && <p className="form-error">{error}</p>}
      {statuses !== undefined && (
        <>
          <StatusSection title="Read" message={message} statuses={statuses} status="read" />
          <StatusSection
            title="Delivered"
            message={message}
            statuses={statuses}
            status="delivered"
          />
          <StatusSection
            title="Not delivered yet"
            message={message}
            statuses={statuses}
            status="sent"
          />
        </>
      )}
      {next !== null && (
        <button
          className="button"
          type="button"
          onClick={() => void loadMore().catch(() => undefined)}
        >
          Show more
        </button>
      )}
    </Dialog>
  );
}

interface StatusSection {
  title: string;
  message: ChatMessage;
  statuses: Statuses;
  status: Statuses[number]['status'];
}

function StatusSection({ title, message, statuses, status }: StatusSection) {
  const view = useChatStore.getState();
  const people = statuses.filter((one) => one.status === status);
  if (people.length === 0) return null;
  return (
    <section className="message-info-people" aria-label={title}>
      <h3>
        {title} · {people.length}
      </h3>
      <ul>
        {people.map(({ user_id: id, read_at: readAt, delivered_at: deliveredAt }) => {
          const name = displayName(view, message.conversation_id, id);
          const at = status === 'read' ? readAt : deliveredAt;
          return (
            <li key={id}>
              <Avatar id={id} name={name} size="small" />
              <span className="one-line">{name}</span>
              {at !== null && <time dateTime={at}>{dateAndTime(at)}</time>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
