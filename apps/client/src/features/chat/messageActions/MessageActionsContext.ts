import type { ChatMessage } from '@pern/sdk/entry';
import { createContext, useContext } from 'react';

/** What somebody means to do with a message; the chat window sees to it. */
export interface Intents {
  reply(message: ChatMessage): void;
  edit(message: ChatMessage): void;
  remove(message: ChatMessage): void;
  inspect(message: ChatMessage): void;
}

export const IntentsContext = createContext<Intents | null>(null);

export function useIntents(): Intents {
  const intents = useContext(IntentsContext);
  if (intents === null) throw new Error('there is no chat window above this component');
  return intents;
}
