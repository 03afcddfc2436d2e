import { createContext, useContext } from 'react';

/** Scrolls to a message, loading history if needed. MessageList provides it. */
export const JumpToMessageContext = createContext<(messageId: string) => void>(() => undefined);

export const useJumpToMessage = (): ((messageId: string) => void) =>
  useContext(JumpToMessageContext);
