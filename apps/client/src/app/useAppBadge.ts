import { selectUnreadCount } from '@chasqui/sdk';
import { useEffect } from 'react';
import { useChatStore } from '../store/chatStore';

/** Shows the unread count in the tab title and on the icon of an installed app. */
export function useAppBadge(): void {
  const unread = useChatStore((view) => selectUnreadCount(view.chat));
  useEffect(() => {
    document.title = unread === 0 ? 'Chasqui' : `(${unread}) Chasqui`;
    if (!('setAppBadge' in navigator)) return;
    // Permission may be denied; the title still shows the count.
    const badge = unread === 0 ? navigator.clearAppBadge() : navigator.setAppBadge(unread);
    badge.catch(() => undefined);
  }, [unread]);
  useEffect(() => () => void (document.title = 'Chasqui'), []);
}
