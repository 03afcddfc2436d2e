import { showConversation } from './chatStore';

// Which conversation is open stands behind the # of the address: back and forward work, a reload stays, a tab can show
// another conversation than its neighbour, and no server has to know.

const PATTERN = /^#\/c\/([0-9a-f-]{36})$/;
const LIST = '#/';
/** Noted with the page of a conversation that was opened from the list: then back is where the list is. */
const FROM_LIST = 'from the list';

/** Opens a conversation, as a page of its own to go back from. */
export function goTo(conversationId: string): void {
  const address = `#/c/${conversationId}`;
  if (location.hash === address) return;
  const isFromList = !PATTERN.test(location.hash);
  history.pushState(isFromList ? FROM_LIST : null, '', address);
  follow();
}

/** Closes the conversation that is open; shown is the list, at once or after the browser has gone back. */
export function goToList(how: 'back' | 'at once' = 'back'): void {
  if (!PATTERN.test(location.hash)) return;
  if (how === 'back' && history.state === FROM_LIST) return history.back();
  history.replaceState(null, '', LIST);
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
