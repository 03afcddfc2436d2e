import type { ChatMessage } from '@chasqui/sdk';
import { useMemo, useState } from 'react';
import { useChatStore } from '../../store/chatStore';
import { otherParticipant } from '../../store/displayNames';
import { useIsBlocked } from '../blocking/blocks';
import { ClosedChatNote } from '../blocking/ClosedChatNote';
import { PendingRequestNote } from '../requests/PendingRequestNote';
import { ChatHeader } from './ChatHeader';
import { MessageComposer } from './composer/MessageComposer';
import type { ComposerMode } from './composer/ModeBanner';
import { DeleteMessageDialog } from './messageActions/DeleteMessageDialog';
import { type MessageActions, MessageActionsContext } from './messageActions/MessageActionsContext';
import { MessageInfoDialog } from './messageActions/MessageInfoDialog';
import { MessageList } from './messageList/MessageList';
import { useOpenConversation } from './useOpenConversation';
import './chatWindow.css';

/** The open conversation: header, message list and composer. */
export function ChatWindow({ conversationId }: { conversationId: string }) {
  const conversation = useChatStore((view) => view.chat.conversationsById[conversationId]);
  const isReady = useOpenConversation(conversationId);
  const [mode, setMode] = useState<ComposerMode>({ kind: 'new' });
  const [infoMessage, setInfoMessage] = useState<ChatMessage | null>(null);
  const [pendingDelete, setPendingDelete] = useState<ChatMessage | null>(null);
  const actions = useMemo<MessageActions>(
    () => ({
      reply: (message) => setMode({ kind: 'reply', message }),
      edit: (message) => setMode({ kind: 'edit', message }),
      confirmDelete: setPendingDelete,
      showInfo: setInfoMessage,
    }),
    [],
  );
  const me = useChatStore((view) => view.me?.id);
  const other = conversation && otherParticipant(conversation, me);
  const isBlocked = useIsBlocked(other?.user_id);
  if (conversation === undefined) return null;
  const bar = conversation.barred ?? null;
  const isClosed = isBlocked || bar !== null;
  return (
    <MessageActionsContext value={actions}>
      <main className="chat-pane chat-window">
        <ChatHeader conversation={conversation} />
        {isReady ? (
          <MessageList conversation={conversation} />
        ) : (
          <div className="message-list" aria-busy="true" />
        )}
        {other !== undefined && conversation.request !== null && !isClosed && (
          <PendingRequestNote
            name={other.display_name}
            left={Math.max(0, conversation.request.messages_max - conversation.last_seq)}
          />
        )}
        {other !== undefined && isClosed ? (
          <ClosedChatNote bar={bar} userId={other.user_id} name={other.display_name} />
        ) : (
          <MessageComposer
            conversationId={conversationId}
            mode={mode}
            onModeEnd={() => setMode({ kind: 'new' })}
          />
        )}
        {infoMessage !== null && (
          <MessageInfoDialog message={infoMessage} onClose={() => setInfoMessage(null)} />
        )}
        {pendingDelete !== null && (
          <DeleteMessageDialog message={pendingDelete} onClose={() => setPendingDelete(null)} />
        )}
      </main>
    </MessageActionsContext>
  );
}
