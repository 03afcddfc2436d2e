import type { ChatClient } from '@chasqui/sdk';
import { create } from 'zustand';
import { type ChatView, emptyView, deriveView } from './chatView';

/** The state that components read: `useChatStore((view) => view.userPresenceById[userId]?.status)`. Only the SDK changes it. */
export const useChatStore = create<ChatView>()(() => emptyView);

/** Mirrors the state of this client into the store. Returns a function that stops this. */
export function mirrorClient(client: ChatClient): () => void {
  const update = (): void =>
    useChatStore.setState((before) =>
      deriveView(client.getState(), before.currentConversationId, before),
    );
  update();
  return client.subscribe(update);
}

/** Derives the view for this open conversation; null when none is open. */
export function showConversation(conversationId: string | null): void {
  useChatStore.setState((before) => deriveView(before.chat, conversationId, before));
}
