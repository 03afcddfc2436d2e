import type { MessageDetail } from '@pern/sdk/actions/messageActions';
import type { ChatMessage } from '@pern/sdk/entry';
import { useEffect, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { explain } from '../../../shared/formatting/errorText';
import { nameOf } from '../../../store/displayNames';
import { fullTime } from '../../../shared/formatting/dates';
import { useClient } from '../../../store/ClientContext';
import { Avatar } from '../../../shared/Avatar';
import { Dialog } from '../../../shared/Dialog';
import './messageInfoDialog.css';

type Statuses = MessageDetail['statuses'];

/** Who has read a message of mine, whom it has reached, who is still waited for; and when. */
export function MessageInfoDialog(props: { message: ChatMessage; onClose: () => void }) {
  const { message, onClose } = props;
  const client = useClient();
  const [statuses, setStatuses] = useState<Statuses>();
  const [next, setNext] = useState<string | null>(null);
  const [complaint, setComplaint] = useState('');
  // Whatever moves a receipt of this conversation is worth a fresh look.
  const receipts = useChatStore(
    (view) => view.chat.conversationsById[message.conversation_id]?.participants,
  );

  useEffect(() => {
    let isWanted = true;
    client.messageStatus(message.id).then(
      (detail) => {
        if (!isWanted) return;
        setStatuses(detail.statuses);
        setNext(detail.next_cursor);
      },
      (error: unknown) => isWanted && setComplaint(explain(error)),
    );
    return () => void (isWanted = false);
  }, [client, message.id, receipts]);

  async function more(): Promise<void> {
    const detail = await client.messageStatus(message.id, next ?? undefined);
    setStatuses((before) => [...(before ?? []), ...detail.statuses]);
    setNext(detail.next_cursor);
  }

  return (
    <Dialog title="Message info" onClose={onClose}>
      <p className="message-info-text" dir="auto">
        {message.content}
      </p>
      {complaint !== '' && <p className="complaint">{complaint}</p>}
      {statuses !== undefined && (
        <>
          <People title="Read" of={message} statuses={statuses} status="read" />
          <People title="Delivered" of={message} statuses={statuses} status="delivered" />
          <People title="Not delivered yet" of={message} statuses={statuses} status="sent" />
        </>
      )}
      {next !== null && (
        <button className="button" type="button" onClick={() => void more().catch(() => undefined)}>
          Show more
        </button>
      )}
    </Dialog>
  );
}

interface People {
  title: string;
  of: ChatMessage;
  statuses: Statuses;
  status: Statuses[number]['status'];
}

function People({ title, of: message, statuses, status }: People) {
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
          const name = nameOf(view, message.conversation_id, id);
          const at = status === 'read' ? readAt : deliveredAt;
          return (
            <li key={id}>
              <Avatar id={id} name={name} size="small" />
              <span className="one-line">{name}</span>
              {at !== null && <time dateTime={at}>{fullTime(at)}</time>}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
