import { useShallow } from 'zustand/react/shallow';
import { SendFailure } from '../chat/message/SendFailure';
import { useChatStore } from '../../store/chatStore';

/** Refused messages whose conversation the user can no longer open. Listed here, so that their text is not lost. */
export function UnsentMessages() {
  const unsent = useChatStore(
    useShallow(({ chat }) =>
      chat.outbox.filter(
        ({ status, conversation_id: id }) =>
          status === 'refused' && !(id in chat.conversationsById),
      ),
    ),
  );
  if (unsent.length === 0) return null;
  return (
    <section className="unsent" aria-label="Not sent">
      <h2>Not sent</h2>
      <ul>
        {unsent.map((message) => (
          <li key={message.client_message_id}>
            <p dir="auto">{message.content}</p>
            <SendFailure message={message} />
          </li>
        ))}
      </ul>
    </section>
  );
}
