import { lazy, Suspense, useEffect, useState } from 'react';
import { ChatWindow } from '../features/chat/ChatWindow';
import { EmptyChat } from './EmptyChat';
import { ConversationList } from '../features/conversationList/ConversationList';
import { goTo, goToList } from '../store/route';
import { useChatStore } from '../store/chatStore';
import { useAppBadge } from './useAppBadge';
import { useBlocks } from '../features/blocking/blocks';
import './chatPage.css';

// Each is loaded when somebody opens it, and not before the page is shown.
const NewGroupDialog = lazy(async () => ({
  default: (await import('../features/group/NewGroupDialog')).NewGroupDialog,
}));
const RequestWindow = lazy(async () => ({
  default: (await import('../features/requests/RequestWindow')).RequestWindow,
}));

/** The list and what is open of it: beside each other where there is room, else one of them. */
export function ChatPage() {
  const openId = useChatStore((view) => view.currentConversationId);
  const isThere = useChatStore(
    ({ chat, currentConversationId: id }) => id !== null && id in chat.conversationsById,
  );
  const request = useChatStore(({ chat, currentConversationId: id }) =>
    chat.requests.find((one) => one.conversation_id === id),
  );
  const [isFounding, setFounding] = useState(false);
  useAppBadge();
  useBlocks();
  useEffect(() => {
    const move = (event: KeyboardEvent): void => {
      if (event.defaultPrevented) return;
      if (event.key === 'Escape') goToList();
      if (event.altKey && event.key === 'ArrowDown') step(event, 1);
      if (event.altKey && event.key === 'ArrowUp') step(event, -1);
    };
    addEventListener('keydown', move);
    return () => removeEventListener('keydown', move);
  }, []);
  return (
    <div className={openId === null ? 'chat-page' : 'chat-page open'}>
      <ConversationList onNewGroup={() => setFounding(true)} />
      {openId !== null && isThere ? (
        <ChatWindow key={openId} conversationId={openId} />
      ) : request !== undefined ? (
        <Suspense fallback={<main className="chat-pane" aria-busy="true" />}>
          <RequestWindow key={request.id} request={request} />
        </Suspense>
      ) : (
        <EmptyChat onNewGroup={() => setFounding(true)} isMissing={openId !== null} />
      )}
      <Suspense>{isFounding && <NewGroupDialog onClose={() => setFounding(false)} />}</Suspense>
    </div>
  );
}

/** To the next conversation, or the one before. */
function step(event: KeyboardEvent, by: 1 | -1): void {
  const { conversations, currentConversationId } = useChatStore.getState();
  const at = conversations.findIndex(({ id }) => id === currentConversationId);
  const next = conversations[at === -1 ? 0 : at + by];
  if (next === undefined) return;
  event.preventDefault();
  goTo(next.id);
}
