import { createContext, useContext } from 'react';

/** Brings a message into view, reading history until it is there. The list of messages knows how. */
export const RevealContext = createContext<(messageId: string) => void>(() => undefined);

export const useReveal = (): ((messageId: string) => void) => useContext(RevealContext);
