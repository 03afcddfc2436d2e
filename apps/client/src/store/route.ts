import { showConversation } from './chatStore';

// The URL fragment names the open conversation. Back, forward and reload work, each tab has its own, and the server
// needs no routes.

const CONVERSATION_ROUTE = /^#\/c\/([0-9a-f-]{36})$/;
const LIST_ROUTE = '#/';
/** History state of a conversation opened from the list: going back returns to the list. */
const FROM_LIST = 'from the list';

/** Opens a conversation as a new history entry. */
export function navigateToConversation(conversationId: string): void {
  const address = `#/c/${conversationId}`;
  if (location.hash === address) return;
  const isFromList = !CONVERSATION_ROUTE.test(location.hash);
  history.pushState(isFromList ? FROM_LIST : null, '', address);
  applyRoute();
}

/** Closes the open conversation and shows the list, by going back in history where possible or by replacing the entry. */
export function navigateToList(how: 'back' | 'replace' = 'back'): void {
  if (!CONVERSATION_ROUTE.test(location.hash)) return;
  if (how === 'back' && history.state === FROM_LIST) return history.back();
  history.replaceState(null, '', LIST_ROUTE);
  applyRoute();
}

/** Opens the conversation that the URL names, now and on every change. Returns a function that stops this. */
export function startRouting(): () => void {
  applyRoute();
  addEventListener('popstate', applyRoute);
  addEventListener('hashchange', applyRoute);
  return () => {
    removeEventListener('popstate', applyRoute);
    removeEventListener('hashchange', applyRoute);
  };
}

function applyRoute(): void {
  showConversation(CONVERSATION_ROUTE.exec(location.hash)?.[1] ?? null);
}
