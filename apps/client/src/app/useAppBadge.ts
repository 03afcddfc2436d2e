import { selectUnreadCount } from '@pern/sdk/state/selectors';
import { useEffect } from 'react';
import { useChatStore } from '../store/chatStore';

/** Says in the tab's title, and on the icon of an installed app, how much is unread. */
export function useAppBadge(): void {
  const unread = useChatStore((view) => selectUnreadCount(view.chat));
  useEffect(() => {
    document.title = unread === 0 ? 'Chasqui' : `(${unread}) Chasqui`;
    if (!('setAppBadge' in navigator)) return;
    // Not allowed everywhere, and missed by nobody.
    const told = unread === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(unread);
    told.catch(() => undefined);
  }, [unread]);
  useEffect(() => () => void (document.title = 'Chasqui'), []);
}
