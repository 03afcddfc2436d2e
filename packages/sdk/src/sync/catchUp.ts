import { listConversations, PAGE_MAX, sync, ValidationError } from '@chasqui/protocol';
import { backoffMs } from '../scheduling/backoff';
import type { Cipher } from '../crypto/cipher';
import { type Clock, pause } from '../scheduling/clock';
import { conversationList, type SyncPage, syncPage } from '../transport/responses';
import type { Rest } from '../transport/rest';
import type { ChatSocket } from '../transport/socket';
import { decodeEntries } from '../crypto/decode';
import type { Entry } from '../state/entry';
import { isTransient } from '../errors';
import type { ChatEvent } from '../state/chatEvent';
import type { WritableStore } from '../state/store';
import { readConsistently, type MembershipGuard } from './readConsistently';

interface Deps extends MembershipGuard {
  socket: Pick<ChatSocket, 'request'>;
  rest: Rest;
  store: WritableStore;
  cipher: Cipher;
  clock: Clock;
  random: () => number;
  /** Whether the connection that this work belongs to is still open. */
  isCurrent: () => boolean;
  /** Applies a page. */
  onPage: (event: Extract<ChatEvent, { type: 'synced' }>) => void;
}

const RETRY = { firstMs: 300, maxMs: 10_000 };

/**
 * Loads everything that changed while disconnected (D7): syncs from the cursor until there is no more. Without a valid
 * cursor, lists all conversations first and then syncs the changes made meanwhile. Retries transient errors and throws
 * others. Resolves when done or when the connection has ended.
 */
export async function catchUp(deps: Deps): Promise<void> {
  const { store, isCurrent } = deps;
  while (isCurrent()) {
    const { cursor } = store.getState();
    try {
      if (cursor === null) await listAll(deps);
      else if (!(await readPage(deps, cursor))) return;
    } catch (error) {
      if (cursor === null || !(error instanceof ValidationError)) throw error;
      store.dispatch({ type: 'started over' });
    }
  }
}

/** Resolves to whether there are more pages. */
async function readPage(deps: Deps, cursor: string): Promise<boolean> {
  let more = true;
  await readConsistently(
    deps,
    () => withRetries(deps, () => requestPage(deps, cursor)),
    async (page) => {
      const event = await toEvent(deps.cipher, page);
      if (!deps.isCurrent()) return;
      deps.onPage(event);
      more = page.has_more;
    },
  );
  return more;
}

const requestPage = ({ socket }: Deps, cursor?: string): Promise<SyncPage> =>
  socket.request(sync, syncPage, { cursor, limit: PAGE_MAX });

async function toEvent(
  cipher: Cipher,
  { conversations, removed, messages, receipts, requests = [], cursor, has_more }: SyncPage,
): Promise<Extract<ChatEvent, { type: 'synced' }>> {
  const entries: Entry[] = await decodeEntries(cipher, messages);
  return {
    ...{ type: 'synced', conversations, removed, entries, receipts, cursor },
    ...(has_more ? {} : { requests }),
  };
}

/** Gets the cursor before the list: a later sync from it brings the changes made while listing. */
async function listAll(deps: Deps): Promise<void> {
  const { rest, store, isCurrent } = deps;
  const first = await withRetries(deps, () => requestPage(deps));
  let next: string | undefined;
  do {
    const query = { limit: PAGE_MAX, cursor: next };
    const page = await readConsistently(
      deps,
      () => withRetries(deps, () => rest.call(listConversations, conversationList, { query })),
      ({ conversations }) => store.dispatch({ type: 'conversations read', conversations }),
    );
    next = page?.next_cursor ?? undefined;
  } while (next !== undefined && isCurrent());
  if (!isCurrent() || first === undefined) return;
  // Set last, so that a client interrupted here lists everything again.
  store.dispatch({
    ...{ type: 'synced', cursor: first.cursor },
    ...{ conversations: [], removed: [], entries: [], receipts: [] },
  });
}

/** Retries transient errors. Undefined when the connection ends before there is a response. */
async function withRetries<T>(
  { clock, random, isCurrent }: Deps,
  read: () => Promise<T>,
): Promise<T | undefined> {
  for (let failures = 1; isCurrent(); failures += 1) {
    try {
      return await read();
    } catch (error) {
      if (!isCurrent()) return undefined;
      if (!isTransient(error)) throw error;
      await pause(clock, backoffMs(RETRY, failures, random()));
    }
  }
  return undefined;
}
