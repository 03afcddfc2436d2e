import {
  addParticipant,
  changeRole,
  conversationSchema,
  createDirect,
  createGroup,
  type Endpoint,
  listParticipants,
  NotFoundError,
  PAGE_DEFAULT,
  PAGE_MAX,
  participantSchema,
  removeParticipant,
  renameConversation,
} from '@chasqui/protocol';
import * as z from 'zod';
import { noBody } from '../transport/responses';
import type { Rest } from '../transport/rest';
import type { ChatClient } from '../chatClient';
import { OfflineError, SignedOutError } from '../errors';
import type { Fetcher } from '../sync/fetcher';
import type { KnownConversation } from '../state/chatState';
import { newestRun } from '../state/timeline';
import { randomId } from '../crypto/randomId';
import type { WritableStore } from '../state/store';

type ConversationActions = Pick<
  ChatClient,
  | 'createDirect'
  | 'createGroup'
  | 'openConversation'
  | 'loadOlder'
  | 'renameConversation'
  | 'setRetention'
  | 'applyRetentionToHistory'
  | 'addParticipant'
  | 'changeRole'
  | 'removeParticipant'
  | 'leave'
  | 'listParticipants'
>;

const addedSchema = z.union([addParticipant.answers[202], addParticipant.answers[201]]);

interface Deps {
  rest: Rest;
  store: WritableStore;
  fetcher: Fetcher;
}

export function createConversationActions({ rest, store, fetcher }: Deps): ConversationActions {
  /** Applies the response like the event with the same content; either may arrive first. */
  async function read(
    endpoint: Pick<Endpoint, 'method' | 'path'>,
    options: { params?: Record<string, string>; body: unknown },
  ): Promise<KnownConversation> {
    const conversation = await rest.call(endpoint, conversationSchema, options);
    store.dispatch({ type: 'conversations read', conversations: [conversation] });
    const known = store.getState().conversationsById[conversation.id];
    if (known === undefined) throw new NotFoundError();
    return known;
  }

  const entriesOf = (id: string) => store.getState().entriesByConversation[id] ?? [];

  async function remove(conversationId: string, userId: string): Promise<void> {
    const params = { id: conversationId, userId };
    await rest.call(removeParticipant, noBody, { params });
    if (userId === store.getState().me?.id) {
      store.dispatch({ type: 'conversation removed', conversationId });
    } else await fetcher.conversation(conversationId);
  }

  return {
    createDirect: (userId) => read(createDirect, { body: { user_id: userId } }),
    async createGroup(title, participantIds, { clientId = randomId() } = {}) {
      const body = { title, participant_ids: participantIds, client_id: clientId };
      try {
        return await read(createGroup, { body });
      } catch (error) {
        // The response was lost, so the group may exist: the same id returns it.
        if (!(error instanceof OfflineError)) throw error;
        return read(createGroup, { body });
      }
    },
    async openConversation(id) {
      await fetcher.conversation(id);
      const conversation = store.getState().conversationsById[id];
      if (conversation === undefined) throw new NotFoundError();
      const run = newestRun(entriesOf(id));
      const isWhole = (run[0]?.seq ?? Infinity) <= Math.max(1, conversation.my.joined_seq);
      const isNewest = (run.at(-1)?.seq ?? 0) >= conversation.last_seq;
      if (isNewest && (isWhole || run.length >= PAGE_DEFAULT)) return;
      await fetcher.history(id);
      await fetcher.gap(id);
    },
    async loadOlder(id, limit = PAGE_DEFAULT) {
      const first = newestRun(entriesOf(id))[0]?.seq;
      if (first === undefined) return fetcher.history(id, { limit });
      if (first <= Math.max(1, store.getState().conversationsById[id]?.my.joined_seq ?? 1)) {
        return false;
      }
      return fetcher.history(id, { before_seq: first, limit });
    },
    async renameConversation(id, title) {
      await read(renameConversation, { params: { id }, body: { title } });
    },
    async setRetention(id, seconds) {
      await read(renameConversation, { params: { id }, body: { retention_s: seconds } });
    },
    async applyRetentionToHistory(id) {
      const retention_s = store.getState().conversationsById[id]?.retention_s ?? null;
      const body = { retention_s, apply_to_history: true };
      await read(renameConversation, { params: { id }, body });
    },
    async addParticipant(id, userId, role = 'member') {
      const body = { user_id: userId, role };
      const added = await rest.call(addParticipant, addedSchema, { params: { id }, body });
      await fetcher.conversation(id);
      return 'invitation' in added ? 'invited' : 'added';
    },
    async changeRole(id, userId, role) {
      await rest.call(changeRole, participantSchema, { params: { id, userId }, body: { role } });
      await fetcher.conversation(id);
    },
    removeParticipant: remove,
    async leave(id) {
      const { me } = store.getState();
      if (me === null) throw new SignedOutError();
      await remove(id, me.id);
    },
    async listParticipants(id, cursor) {
      const page = await rest.call(listParticipants, listParticipants.answers[200], {
        params: { id },
        query: { limit: PAGE_MAX, cursor },
      });
      return { participants: page.participants, nextCursor: page.next_cursor };
    },
  };
}
