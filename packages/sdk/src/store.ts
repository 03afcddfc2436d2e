import { applyEvent } from './state/applyEvent';
import type { ChatEvent } from './state/chatEvent';
import { type ChatState, emptyState } from './state/chatState';

/** What can be read and watched; only the client changes it. */
export interface ChatStore {
  getState(): ChatState;
  /** Told after every change, in order. Returns what ends it; a second call of that does nothing. */
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
      // One of its own, so that the same function may listen twice.
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
