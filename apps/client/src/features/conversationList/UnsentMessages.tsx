import { useShallow } from 'zustand/react/shallow';
import { Refusal } from '../chat/message/SendFailure';
import { useChatStore } from '../../store/chatStore';

/** Messages that were refused because their conversation is not ours any more: what was written is not lost unseen. */
export function Unsent() {
  const homeless = useChatStore(
    useShallow(({ chat }) =>
      chat.outbox.filter(
        ({ status, conversation_id: id }) =>
          status === 'refused' && !(id in chat.conversationsById),
      ),
    ),
  );
  if (homeless.length === 0) return null;
  return (
    <section className="unsent" aria-label="Not sent">
      <h2>Not sent</h2>
      <ul>
        {homeless.map((message) => (
          <li key={message.client_message_id}>
            <p dir="auto">{message.content}</p>
            <Refusal message={message} />
          </li>
        ))}
      </ul>
    </section>
  );
}
