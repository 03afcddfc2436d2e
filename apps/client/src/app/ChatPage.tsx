import { lazy, Suspense, useEffect, useState } from 'react';
import { ChatWindow } from '../features/chat/ChatWindow';
import { EmptyChat } from './EmptyChat';
import { ConversationList } from '../features/conversationList/ConversationList';
import { navigateToConversation, navigateToList } from '../store/route';
import { useChatStore } from '../store/chatStore';
import { useAppBadge } from './useAppBadge';
import { useLoadBlocks } from '../features/blocking/blocks';
import './chatPage.css';

// Loaded on first use, to keep the initial bundle small.
const NewGroupDialog = lazy(async () => ({
  default: (await import('../features/group/NewGroupDialog')).NewGroupDialog,
}));
const RequestWindow = lazy(async () => ({
  default: (await import('../features/requests/RequestWindow')).RequestWindow,
}));

/** The conversation list and the open conversation: side by side on wide screens, one at a time on narrow ones. */
export function ChatPage() {
  const openId = useChatStore((view) => view.currentConversationId);
  const isKnown = useChatStore(
    ({ chat, currentConversationId: id }) => id !== null && id in chat.conversationsById,
  );
  const request = useChatStore(({ chat, currentConversationId: id }) =>
    chat.requests.find((one) => one.conversation_id === id),
  );
  const [isCreatingGroup, setCreatingGroup] = useState(false);
  useAppBadge();
  useLoadBlocks();
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent): void => {
      // With a dialog open, keys belong to it, even if its focused button has just disappeared.
      if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
      if (event.key === 'Escape') navigateToList();
      if (event.altKey && event.key === 'ArrowDown') openNeighbor(event, 1);
      if (event.altKey && event.key === 'ArrowUp') openNeighbor(event, -1);
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <div className={openId === null ? 'chat-page' : 'chat-page open'}>
      <ConversationList onNewGroup={() => setCreatingGroup(true)} />
      {openId !== null && isKnown ? (
        <ChatWindow key={openId} conversationId={openId} />
      ) : request !== undefined ? (
        <Suspense fallback={<main className="chat-pane" aria-busy="true" />}>
          <RequestWindow key={request.id} request={request} />
        </Suspense>
      ) : (
        <EmptyChat onNewGroup={() => setCreatingGroup(true)} isMissing={openId !== null} />
      )}
      <Suspense>
        {isCreatingGroup && <NewGroupDialog onClose={() => setCreatingGroup(false)} />}
      </Suspense>
    </div>
  );
}

/** Opens the next or the previous conversation of the list. */
function openNeighbor(event: KeyboardEvent, by: 1 | -1): void {
  const { conversations, currentConversationId } = useChatStore.getState();
  const at = conversations.findIndex(({ id }) => id === currentConversationId);
  const next = conversations[at === -1 ? 0 : at + by];
  if (next === undefined) return;
  event.preventDefault();
  navigateToConversation(next.id);
}
