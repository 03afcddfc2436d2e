import { useCallback, useEffect, useRef, useState } from 'react';
import { useChatStore } from '../../store/chatStore';
import { useClient } from '../../store/useClient';

const PAGE = 100;

/** Reads pages of history when they are wanted, one at a time; `note` is what stands above the first message. */
export function useHistory(conversationId: string, hasOlder: boolean) {
  const client = useClient();
  const isLive = useChatStore((view) => view.connection.state === 'live');
  const [isLoading, setLoading] = useState(false);
  const [isUnreachable, setUnreachable] = useState(false);
  const isUnderWay = useRef(false);
  useEffect(() => setUnreachable(false), [isLive]);

  const wantOlder = useCallback(() => {
    if (!hasOlder || isUnderWay.current || isUnreachable) return;
    isUnderWay.current = true;
    setLoading(true);
    client
      .loadOlder(conversationId, PAGE)
      .catch(() => setUnreachable(true))
      .finally(() => {
        isUnderWay.current = false;
        setLoading(false);
      });
  }, [client, conversationId, hasOlder, isUnreachable]);

  const note = !hasOlder
    ? 'This is where it begins'
    : isUnreachable
      ? 'Older messages can be read when you are online'
      : 'Reading older messages …';
  return { wantOlder, isLoading, note };
}
