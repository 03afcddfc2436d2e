import type { ChatClient } from '@pern/sdk/chatClient';
import { create } from 'zustand';
import { type ChatView, emptyView, viewOf } from './chatView';

/** What screens read: `useChatStore((view) => view.userPresenceById[userId]?.status)`. Only the client changes it. */
export const useChatStore = create<ChatView>()(() => emptyView);

/** Shows what this client knows, from now on. Returns what ends it. */
export function followClient(client: ChatClient): () => void {
  const show = (): void =>
    useChatStore.setState((before) =>
      viewOf(client.getState(), before.currentConversationId, before),
    );
  show();
  return client.subscribe(show);
}

/** Shows the messages of this conversation; null of none. */
export function showConversation(conversationId: string | null): void {
  useChatStore.setState((before) => viewOf(before.chat, conversationId, before));
}
