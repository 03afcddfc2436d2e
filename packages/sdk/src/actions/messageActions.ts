import {
  addReaction,
  deleteMessage,
  editMessage,
  type Endpoint,
  errorFromWire,
  NotFoundError,
  readStatus,
  removeReaction,
  removeReactionNamed,
} from '@chasqui/protocol';
import type { Cipher } from '../crypto/cipher';
import type { ChatClient } from '../chatClient';
import { entry, noBody } from '../transport/responses';
import { isPlainSegment } from '../transport/path';
import type { Rest } from '../transport/rest';
import { decodeEntry } from '../crypto/decode';
import { isMessage } from '../state/entry';
import { SignedOutError } from '../errors';
import { createDraftQueue, createDraft } from '../outbox/drafts';
import type { PendingSends } from '../outbox/pendingSends';
import type { WritableStore } from '../state/store';
import { randomId } from '../crypto/randomId';
import type { AccountSession } from '../session/accountSession';

type MessageActions = Pick<
  ChatClient,
  | 'send'
  | 'whenSent'
  | 'retry'
  | 'discard'
  | 'edit'
  | 'delete'
  | 'react'
  | 'unreact'
  | 'markRead'
  | 'messageStatus'
>;

interface Deps {
  rest: Rest;
  store: WritableStore;
  cipher: Cipher;
  pendingSends: PendingSends;
  /** Throws SignedOutError when nobody is signed in. */
  account: () => AccountSession;
}

export function createMessageActions({
  rest,
  store,
  cipher,
  pendingSends,
  account,
}: Deps): MessageActions {
  const storeDraft = createDraftQueue();

  function locate(messageId: string): string {
    for (const [id, entries] of Object.entries(store.getState().entriesByConversation)) {
      if (entries.some((one) => one.id === messageId)) return id;
    }
    throw new NotFoundError();
  }

  async function change(
    endpoint: Pick<Endpoint, 'method' | 'path'>,
    messageId: string,
    body: unknown,
  ): Promise<void> {
    const wire = await rest.call(endpoint, entry, { params: { messageId }, body });
    store.dispatch({ type: 'message updated', entry: await decodeEntry(cipher, wire) });
  }

  return {
    async send(conversationId, text, more = {}) {
      const clientMessageId = more.clientMessageId ?? randomId();
      await storeDraft(
        account().outbox,
        createDraft(cipher, clientMessageId, conversationId, text, more),
      );
      return clientMessageId;
    },
    whenSent(clientMessageId) {
      const { outbox, me, entriesByConversation } = store.getState();
      const onItsWay = outbox.find((one) => one.client_message_id === clientMessageId);
      if (onItsWay !== undefined) {
        return onItsWay.refused === null
          ? pendingSends.wait(clientMessageId)
          : Promise.reject(errorFromWire(onItsWay.refused));
      }
      const there = Object.values(entriesByConversation)
        .flat()
        .filter(isMessage)
        .find((one) => one.client_message_id === clientMessageId && one.sender_id === me?.id);
      return there === undefined ? Promise.reject(new NotFoundError()) : Promise.resolve(there);
    },
    retry: (clientMessageId) => account().outbox.retry(clientMessageId),
    async discard(clientMessageId) {
      await account().outbox.discard(clientMessageId);
      pendingSends.discarded(clientMessageId);
    },
    async edit(messageId, text) {
      const content = await cipher.encode(text, locate(messageId));
      await change(editMessage, messageId, { content_encrypted: content });
    },
    async delete(messageId) {
      await rest.call(deleteMessage, noBody, { params: { messageId } });
    },
    react: (messageId, emoji) => change(addReaction, messageId, { emoji }),
    async unreact(messageId, emoji) {
      // Emoji go into the path, which older servers support too. Other texts, from before reactions had to be emoji, go
      // into the query.
      if (isPlainSegment(emoji)) {
        await rest.call(removeReaction, noBody, { params: { messageId, emoji } });
      } else {
        await rest.call(removeReactionNamed, noBody, { params: { messageId }, query: { emoji } });
      }
    },
    markRead(conversationId, seq) {
      const conversation = store.getState().conversationsById[conversationId];
      if (conversation === undefined || seq <= conversation.my.read_seq) return;
      store.dispatch({ type: 'read here', conversationId, seq });
      account().reads.mark(conversationId, seq);
    },
    async messageStatus(messageId, cursor) {
      if (store.getState().me === null) throw new SignedOutError();
      return rest.call(readStatus, readStatus.answers[200], {
        params: { messageId },
        query: { cursor },
      });
    },
  };
}
