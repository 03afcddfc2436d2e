import type { ChatMessage } from '@chasqui/sdk';
import { createContext, useContext } from 'react';

/** Message actions that open something in the chat window. */
export interface MessageActions {
  reply(message: ChatMessage): void;
  edit(message: ChatMessage): void;
  confirmDelete(message: ChatMessage): void;
  showInfo(message: ChatMessage): void;
}

export const MessageActionsContext = createContext<MessageActions | null>(null);

export function useMessageActions(): MessageActions {
  const actions = useContext(MessageActionsContext);
  if (actions === null) throw new Error('useMessageActions needs a ChatWindow above it');
  return actions;
}
