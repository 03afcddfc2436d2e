import type { ChatClient } from '@chasqui/sdk';
import { createContext, useContext } from 'react';

export const ClientContext = createContext<ChatClient | null>(null);

/** The SDK client, for actions. For state use `useChatStore`. */
export function useClient(): ChatClient {
  const client = useContext(ClientContext);
  if (client === null) throw new Error('useClient needs a ClientContext provider');
  return client;
}
