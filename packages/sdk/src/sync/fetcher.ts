import {
  conversationSchema,
  listRequests,
  NotFoundError,
  PAGE_MAX,
  readConversation,
  readHistory,
  readUser,
  REQUESTS_IN_SYNC,
  userSchema,
} from '@chasqui/protocol';
import type { Cipher } from '../crypto/cipher';
import { historyPage, requestList } from '../transport/responses';
import type { Rest } from '../transport/rest';
import { decodeEntries } from '../crypto/decode';
import { newestGap } from '../state/timeline';
import type { WritableStore } from '../state/store';
import { createSingleFlight } from '../scheduling/singleFlight';
import { readConsistently, type MembershipGuard } from './readConsistently';

/** Loads data by REST into the state. */
export interface Fetcher {
  /** Loads a conversation with up to 100 participants; removes it when the user is not a participant. */
  conversation(id: string): Promise<void>;
  /** Loads a page of history, by default the newest; resolves to whether there may be more in that direction. */
  history(
    id: string,
    place?: { before_seq?: number; after_seq?: number; limit?: number },
  ): Promise<boolean>;
  /** Fills the gap before the newest entries, unless it exceeds 500 entries. */
  gap(id: string): Promise<void>;
  user(id: string): Promise<void>;
  /** Loads the pending requests. */
  requests(): Promise<void>;
}

/** Longer gaps, after a long absence, are left to `loadOlder`. */
const GAP_MAX = 500;

interface Deps extends MembershipGuard {
  rest: Rest;
  store: WritableStore;
  cipher: Cipher;
}

export function createFetcher(deps: Deps): Fetcher {
  const { rest, store, cipher } = deps;
  const singleFlight = createSingleFlight();

  async function history(
    id: string,
    place: Parameters<Fetcher['history']>[1] = {},
  ): Promise<boolean> {
    const options = { params: { conversationId: id }, query: { ...place } };
    const page = await readConsistently(
      deps,
      () => rest.call(readHistory, historyPage, options),
      async ({ messages }) => {
        if (!(id in store.getState().conversationsById)) return;
        store.dispatch({ type: 'entries read', entries: await decodeEntries(cipher, messages) });
      },
    );
    return page?.has_more ?? false;
  }

  async function gap(id: string): Promise<void> {
    for (;;) {
      const found = newestGap(store.getState().entriesByConversation[id] ?? []);
      if (found === undefined || found.before - found.after > GAP_MAX) return;
      const missing = found.before - found.after - 1;
      await history(id, { after_seq: found.after, limit: Math.min(PAGE_MAX, missing) });
      const left = newestGap(store.getState().entriesByConversation[id] ?? []);
      // The user was removed and added again: entries in between are not readable (D9).
      if (left?.after === found.after) return;
    }
  }

  async function conversation(id: string): Promise<void> {
    try {
      await readConsistently(
        deps,
        () => rest.call(readConversation, conversationSchema, { params: { id } }),
        (one) => store.dispatch({ type: 'conversations read', conversations: [one] }),
      );
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      store.dispatch({ type: 'conversation removed', conversationId: id });
    }
  }

  async function user(id: string): Promise<void> {
    const read = await rest.call(readUser, userSchema, { params: { id } });
    store.dispatch({ type: 'users read', users: [read] });
  }

  async function requests(): Promise<void> {
    const query = { limit: REQUESTS_IN_SYNC };
    const page = await rest.call(listRequests, requestList, { query });
    store.dispatch({ type: 'requests read', requests: page.requests });
  }

  return {
    requests: () => singleFlight('requests', requests),
    conversation: (id) => singleFlight(`conversation ${id}`, () => conversation(id)),
    history,
    gap: (id) => singleFlight(`gap ${id}`, () => gap(id)),
    user: (id) => singleFlight(`user ${id}`, () => user(id)),
  };
}
