import type { ChatMessage } from '@pern/sdk/entry';
import { useMemo, useState } from 'react';
import { useChatStore } from '../../store/chatStore';
import { attempt } from '../../store/notices';
import { otherOf } from '../../store/displayNames';
import { useIsBlocked } from '../blocking/blocks';
import { useClient } from '../../store/ClientContext';
import { Dialog } from '../../shared/Dialog';
import { WaitingNote } from '../requests/PendingRequestNote';
import { BarredNote } from '../blocking/ClosedChatNote';
import { ChatHeader } from './ChatHeader';
import { type Intents, IntentsContext } from './messageActions/MessageActionsContext';
import { MessageComposer } from './composer/MessageComposer';
import { MessageInfoDialog } from './messageActions/MessageInfoDialog';
import { MessageList } from './messageList/MessageList';
import { useOpening } from './useOpenConversation';
import './chatWindow.css';

/** A message that is being answered, or changed. */
export type Task = { readonly kind: 'reply' | 'edit'; readonly message: ChatMessage } | null;

/** One conversation: whom it is with, what was said, and what to say. */
export function ChatWindow({ conversationId }: { conversationId: string }) {
  const client = useClient();
  const conversation = useChatStore((view) => view.chat.conversationsById[conversationId]);
  const isReady = useOpening(conversationId);
  const [task, setTask] = useState<Task>(null);
  const [inspected, setInspected] = useState<ChatMessage | null>(null);
  const [doomed, setDoomed] = useState<ChatMessage | null>(null);
  const intents = useMemo<Intents>(
    () => ({
      reply: (message) => setTask({ kind: 'reply', message }),
      edit: (message) => setTask({ kind: 'edit', message }),
      remove: setDoomed,
      inspect: setInspected,
    }),
    [],
  );
  const me = useChatStore((view) => view.me?.id);
  const other = conversation && otherOf(conversation, me);
  const isBlocked = useIsBlocked(other?.user_id);
  if (conversation === undefined) return null;
  const bar = conversation.barred ?? null;
  return (
    <IntentsContext value={intents}>
      <main className="chat-pane chat-window">
        <ChatHeader conversation={conversation} />
        {isReady ? (
          <MessageList conversation={conversation} />
        ) : (
          <div className="message-list" aria-busy="true" />
        )}
        {other !== undefined && conversation.request !== null && !isBlocked && bar === null && (
          <WaitingNote
            name={other.display_name}
            left={Math.max(0, conversation.request.messages_max - conversation.last_seq)}
          />
        )}
        {other !== undefined && (isBlocked || bar !== null) ? (
          <BarredNote bar={bar} userId={other.user_id} name={other.display_name} />
        ) : (
          <MessageComposer
            conversationId={conversationId}
            task={task}
            onTaskDone={() => setTask(null)}
          />
        )}
        {inspected !== null && (
          <MessageInfoDialog message={inspected} onClose={() => setInspected(null)} />
        )}
        {doomed !== null && (
          <Dialog title="Delete this message?" onClose={() => setDoomed(null)}>
            <p>It is deleted for everybody. That a message was there remains visible.</p>
            <footer>
              <button className="button" type="button" onClick={() => setDoomed(null)}>
                Keep
              </button>
              <button
                className="button danger"
                type="button"
                onClick={() => {
                  setDoomed(null);
                  void attempt(client.delete(doomed.id));
                }}
              >
                Delete
              </button>
            </footer>
          </Dialog>
        )}
      </main>
    </IntentsContext>
  );
}
