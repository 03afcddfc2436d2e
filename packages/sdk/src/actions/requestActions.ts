import {
  acceptRequest,
  changePrivacy,
  conversationSchema,
  declineRequest,
  listInvited,
  NotFoundError,
  openedRequestSchema,
  PAGE_MAX,
  privacySchema,
  readPrivacy,
  readRequest,
} from '@chasqui/protocol';
import type { ChatClient } from '../chatClient';
import type { Cipher } from '../crypto/cipher';
import { noBody } from '../transport/responses';
import type { Rest } from '../transport/rest';
import { decodeMessage } from '../crypto/decode';
import type { Fetcher } from '../sync/fetcher';
import type { WritableStore } from '../state/store';

type RequestActions = Pick<
  ChatClient,
  | 'readRequests'
  | 'openRequest'
  | 'acceptRequest'
  | 'declineRequest'
  | 'listInvited'
  | 'readPrivacy'
  | 'changePrivacy'
>;

interface Deps {
  rest: Rest;
  store: WritableStore;
  cipher: Cipher;
  fetcher: Fetcher;
}

/** Pending requests, and the privacy settings that decide who may send them. */
export function createRequestActions({ rest, store, cipher, fetcher }: Deps): RequestActions {
  return {
    readRequests: () => fetcher.requests(),
    async openRequest(id) {
      const { messages, ...request } = await rest.call(readRequest, openedRequestSchema, {
        params: { id },
      });
      const decoded = await Promise.all(messages.map((one) => decodeMessage(cipher, one)));
      return { request, messages: decoded };
    },
    async acceptRequest(id) {
      const conversation = await rest.call(acceptRequest, conversationSchema, { params: { id } });
      // The conversation first, so that at least one of the two is always visible.
      store.dispatch({ type: 'conversations read', conversations: [conversation] });
      store.dispatch({ type: 'request settled', requestId: id });
      const known = store.getState().conversationsById[conversation.id];
      if (known === undefined) throw new NotFoundError();
      return known;
    },
    async declineRequest(id) {
      await rest.call(declineRequest, noBody, { params: { id } });
      store.dispatch({ type: 'request settled', requestId: id });
    },
    async listInvited(conversationId, cursor) {
      const page = await rest.call(listInvited, listInvited.answers[200], {
        params: { id: conversationId },
        query: { limit: PAGE_MAX, cursor },
      });
      return { invited: page.invited, nextCursor: page.next_cursor };
    },
    async readPrivacy() {
      const privacy = await rest.call(readPrivacy, privacySchema);
      store.dispatch({ type: 'privacy read', privacy });
      return privacy;
    },
    async changePrivacy(change) {
      const privacy = await rest.call(changePrivacy, privacySchema, { body: change });
      store.dispatch({ type: 'privacy read', privacy });
      return privacy;
    },
  };
}
