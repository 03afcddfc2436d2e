import type { Message } from '@pern/protocol/message';
import type { ChatMessage } from '@pern/sdk/entry';
import { useEffect, useState } from 'react';
import { useClient } from '../../store/ClientContext';

/** A message that came inside something else, decoded; undefined until it is. */
export function useDecoded(message: Message | null): ChatMessage | undefined {
  const client = useClient();
  const [decoded, setDecoded] = useState<ChatMessage>();
  useEffect(() => {
    if (message === null) return undefined;
    let isWanted = true;
    void client.decode(message).then((found) => {
      if (isWanted) setDecoded(found);
    });
    return () => void (isWanted = false);
  }, [client, message]);
  return decoded?.id === message?.id ? decoded : undefined;
}
