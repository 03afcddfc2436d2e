import type { ChatClient } from '@pern/sdk/chatClient';
import { createContext, useContext } from 'react';

export const ClientContext = createContext<ChatClient | null>(null);

/** What screens do things with; what they show comes from `useChatStore`. */
export function useClient(): ChatClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('there is no client above this component');
  return client;
}
