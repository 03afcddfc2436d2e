import {
  type ChatMessage,
  entryAt,
  isMessage,
  type KnownConversation,
  type OutboxEntry,
} from '@chasqui/sdk';
import { useEffect, useState } from 'react';
import { useChatStore } from '../../store/chatStore';
import { useClient } from '../../store/ClientContext';
import { useExpired } from '../retention/useExpired';

export type LastMessage = (ChatMessage | (OutboxEntry & { readonly sender_id: string })) & {
  readonly text: string;
};

/** The latest message of a conversation: from the outbox, from the loaded messages, or from the conversation list. */
export function useLastMessage(conversation: KnownConversation): LastMessage | undefined {
  const client = useClient();
  const { id, last_message: last } = conversation;
  const me = useChatStore((view) => view.me?.id ?? '');
  const waiting = useChatStore((view) =>
    view.chat.outbox.findLast((entry) => entry.conversation_id === id),
  );
  const known = useChatStore((view) =>
    last === null ? undefined : entryAt(view.chat.entriesByConversation[id] ?? [], last.seq),
  );
  const [decoded, setDecoded] = useState<ChatMessage>();
  const isExpired = useExpired(id, last);
  const isNotLoaded = last !== null && known === undefined;
  useEffect(() => {
    if (!isNotLoaded) return undefined;
    let isCurrent = true;
    void client.decode(last).then((message) => {
      if (isCurrent) setDecoded(message);
    });
    return () => void (isCurrent = false);
  }, [client, isNotLoaded, last]);

  if (waiting !== undefined) return { ...waiting, sender_id: me, text: waiting.content ?? '' };
  const message = known !== undefined && isMessage(known) ? known : decoded;
  if (last === null || message?.seq !== last.seq) return undefined;
  return { ...message, text: isExpired ? DELETED_TEXT : textOf(message) };
}

const DELETED_TEXT = 'Message deleted';

function textOf(message: ChatMessage): string {
  if (message.deleted_at !== null) return DELETED_TEXT;
  return message.content ?? 'This message cannot be displayed';
}
