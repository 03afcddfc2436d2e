import type { KnownConversation } from '@pern/sdk/state/chatState';
import { useEffect, useState } from 'react';
import { isAttending } from './pageFocus';

/**
 * After which seq the line "new messages" stands: what was unread when the conversation was opened, or came while nobody
 * looked. It stays while it is read, so that one can find back to it.
 */
export function useNewMarker({ my }: KnownConversation): number | null {
  const { unread_count: unread, read_seq: readSeq } = my;
  const [newAfter, setNewAfter] = useState(unread > 0 ? readSeq : null);
  useEffect(() => {
    if (unread > 0 && !isAttending()) setNewAfter((before) => before ?? readSeq);
  }, [unread, readSeq]);
  useEffect(() => {
    // Who comes back to the window after reading everything finds the line before what is new since then.
    const leave = (): void => {
      if (unread === 0) setNewAfter(null);
    };
    addEventListener('blur', leave);
    return () => removeEventListener('blur', leave);
  }, [unread]);
  return newAfter;
}
