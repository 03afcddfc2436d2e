import type { KnownConversation } from '@chasqui/sdk';
import { useEffect, useState } from 'react';
import { isPageFocused } from './pageFocus';

/**
 * The seq after which the "New messages" divider is shown, or null. New are messages that were unread when the
 * conversation was opened or that arrived while the page was not in focus. The divider stays while they are read.
 */
export function useNewMessagesDivider({ my }: KnownConversation): number | null {
  const { unread_count: unread, read_seq: readSeq } = my;
  const [newAfter, setNewAfter] = useState(unread > 0 ? readSeq : null);
  useEffect(() => {
    if (unread > 0 && !isPageFocused()) setNewAfter((before) => before ?? readSeq);
  }, [unread, readSeq]);
  useEffect(() => {
    // Everything is read: the next message that arrives out of focus gets a new divider.
    const onBlur = (): void => {
      if (unread === 0) setNewAfter(null);
    };
    addEventListener('blur', onBlur);
    return () => removeEventListener('blur', onBlur);
  }, [unread]);
  return newAfter;
}
