import { showConversation } from './chatStore';

// Which conversation is open stands behind the # of the address: back and forward work, a reload stays, a tab can show
// another conversation than its neighbour, and no server has to know.

const PATTERN = /^#\/c\/([0-9a-f-]{36})$/;

const addressOf = (conversationId: string | null): string =>
  conversationId === null ? '#/' : `#/c/${conversationId}`;

/** Opens a conversation; null closes the one that is open. */
export function goTo(conversationId: string | null, how: 'push' | 'replace' = 'push'): void {
  const address = addressOf(conversationId);
  if (location.hash === address) return;
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  follow();
}

/** Shows what the address names, now and whenever it changes. Returns what ends it. */
export function followAddress(): () => void {
  follow();
  addEventListener('popstate', follow);
  addEventListener('hashchange', follow);
  return () => {
    removeEventListener('popstate', follow);
    removeEventListener('hashchange', follow);
  };
}

function follow(): void {
  showConversation(PATTERN.exec(location.hash)?.[1] ?? null);
}
