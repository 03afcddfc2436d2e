import { useCallback, useEffect, useRef, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { useClient } from '../../../store/ClientContext';

const PAGE_SIZE = 100;
/** Wait before another attempt after a failed page. */
const RETRY_DELAY_MS = 3_000;

/** Loads older messages on demand, one page at a time. `note` is the text above the first message. */
export function useOlderMessages(conversationId: string, hasOlder: boolean) {
  const client = useClient();
  const isOnline = useChatStore((view) => view.isOnline);
  const [isLoading, setLoading] = useState(false);
  const [isBackingOff, setBackingOff] = useState(false);
  const isInFlight = useRef(false);
  useEffect(() => {
    if (!isBackingOff) return undefined;
    const timer = setTimeout(() => setBackingOff(false), RETRY_DELAY_MS);
    return () => clearTimeout(timer);
  }, [isBackingOff]);

  const loadOlder = useCallback(() => {
    if (!hasOlder || !isOnline || isBackingOff || isInFlight.current) return;
    isInFlight.current = true;
    setLoading(true);
    client
      .loadOlder(conversationId, PAGE_SIZE)
      .catch(() => setBackingOff(true))
      .finally(() => {
        isInFlight.current = false;
        setLoading(false);
      });
  }, [client, conversationId, hasOlder, isOnline, isBackingOff]);

  return { loadOlder, isLoading, note: noteOf(hasOlder, isOnline) };
}

function noteOf(hasOlder: boolean, isOnline: boolean): string {
  if (!hasOlder) return 'This is the start of the conversation';
  return isOnline ? 'Loading older messages…' : 'Go online to load older messages';
}
