import type { Message } from '@chasqui/protocol';
import type { ChatMessage } from '@chasqui/sdk';
import { useEffect, useState } from 'react';
import { useClient } from '../../store/ClientContext';

/** Decodes a message that is embedded in another object. Undefined until decoded. */
export function useDecodedMessage(message: Message | null): ChatMessage | undefined {
  const client = useClient();
  const [decoded, setDecoded] = useState<ChatMessage>();
  useEffect(() => {
    if (message === null) return undefined;
    let isCurrent = true;
    void client.decode(message).then((found) => {
      if (isCurrent) setDecoded(found);
    });
    return () => void (isCurrent = false);
  }, [client, message]);
  return decoded?.id === message?.id ? decoded : undefined;
}
