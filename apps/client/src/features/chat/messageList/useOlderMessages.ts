import { useCallback, useEffect, useRef, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { useClient } from '../../../store/ClientContext';

const PAGE = 100;
/** After a page could not be read it is tried again, if it is still wanted. */
const PAUSE_MS = 3_000;

/** Reads pages of history when they are wanted, one at a time; `note` is what stands above the first message. */
export function useHistory(conversationId: string, hasOlder: boolean) {
  const client = useClient();
  const isOnline = useChatStore((view) => view.isOnline);
  const [isLoading, setLoading] = useState(false);
  const [isPausing, setPausing] = useState(false);
  const isUnderWay = useRef(false);
  useEffect(() => {
    if (!isPausing) return undefined;
    const timer = setTimeout(() => setPausing(false), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [isPausing]);

  const wantOlder = useCallback(() => {
    if (!hasOlder || !isOnline || isPausing || isUnderWay.current) return;
    isUnderWay.current = true;
    setLoading(true);
    client
      .loadOlder(conversationId, PAGE)
      .catch(() => setPausing(true))
      .finally(() => {
        isUnderWay.current = false;
        setLoading(false);
      });
  }, [client, conversationId, hasOlder, isOnline, isPausing]);

  return { wantOlder, isLoading, note: noteOf(hasOlder, isOnline) };
}

function noteOf(hasOlder: boolean, isOnline: boolean): string {
  if (!hasOlder) return 'This is where it begins';
  return isOnline ? 'Reading older messages …' : 'Older messages can be read when you are online';
}
