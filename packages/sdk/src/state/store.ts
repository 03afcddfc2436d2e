import { applyEvent } from './applyEvent';
import type { ChatEvent } from './chatEvent';
import { type ChatState, emptyState } from './chatState';

/** The client's state, read-only. */
export interface ChatStore {
  getState(): ChatState;
  /** Calls `listener` after every change, in order. Returns a function that unsubscribes; calling it twice is harmless. */
  subscribe(listener: (state: ChatState, previous: ChatState) => void): () => void;
}

export interface WritableStore extends ChatStore {
  dispatch(event: ChatEvent): void;
}

export function createStore(): WritableStore {
  let state = emptyState;
  const listeners = new Set<(state: ChatState, previous: ChatState) => void>();
  return {
    getState: () => state,
    subscribe(listener) {
      // A wrapper per subscription allows the same function to subscribe twice.
      const mine = (now: ChatState, previous: ChatState): void => listener(now, previous);
      listeners.add(mine);
      return () => void listeners.delete(mine);
    },
    dispatch(event) {
      const previous = state;
      state = applyEvent(previous, event);
      if (state === previous) return;
      const now = state;
      for (const listener of [...listeners]) listener(now, previous);
    },
  };
}
