import { conversationSchema } from '@pern/protocol/conversation';
import { cursor } from '@pern/protocol/text';
import * as z from 'zod';
import type { Clock, Timer } from './clock';
import { isMessage, onWire, readEntry, type WireEntry } from './entry';
import type { ChatState, KnownConversation } from './state/chatState';
import { newestRun } from './state/timeline';
import type { Change, Storage } from './storage/storage';

const knownSchema = conversationSchema.extend({
  participants_complete: z.boolean(),
  counted: z.object({ unread: z.number(), up_to: z.number() }),
});

const storedSchema = z.object({ conversation: knownSchema, entries: z.array(z.unknown()) });

/** What was known when it was written: enough to open offline, and to sync from there. */
export interface Known {
  readonly cursor: string | null;
  readonly conversations: readonly KnownConversation[];
  readonly entries: readonly WireEntry[];
}

/** Writes down what is shown, so that a client opens with it (D7: from its cursor on, sync brings the rest). */
export interface KnownStorage {
  read(): Promise<Known>;
  /** Notes that the state has changed; it is written soon. */
  changed(): void;
  /** Writes what was noted. */
  flush(): Promise<void>;
  /** Writes everything at the next time, also what another tab wrote before. */
  startOver(): void;
  stop(): void;
}

/** Entries of a conversation that are kept: about a screen, and a bit to scroll. */
const ENTRIES_KEPT = 40;
const GATHER_MS = 400;

interface Deps {
  storage: Storage;
  userId: string;
  clock: Clock;
  getState: () => ChatState;
  /** Only one of several tabs writes: a cursor beside conversations of another moment would be a lie. */
  isLeading: () => boolean;
}

export function createKnownStorage(deps: Deps): KnownStorage {
  const { storage, userId, clock } = deps;
  const prefix = `user/${userId}/known/`;
  const ofConversation = (id: string): string => `${prefix}conversation/${id}`;
  let written:
    Pick<ChatState, 'cursor' | 'conversationsById' | 'entriesByConversation'> | undefined;
  let timer: Timer | undefined;
  let isStopped = false;

  /** One write: the cursor never covers more, or less, than what stands beside it. */
  async function flush(): Promise<void> {
    timer?.cancel();
    timer = undefined;
    if (!deps.isLeading()) return;
    const state = deps.getState();
    const before = written;
    const changes: Change[] = changedConversations(state, before).map((id) => ({
      key: ofConversation(id),
      value: storedOf(state, id),
    }));
    if (before === undefined) {
      const kept = new Set(Object.keys(state.conversationsById).map(ofConversation));
      for (const { key } of await storage.list(`${prefix}conversation/`)) {
        if (!kept.has(key)) changes.push({ key });
      }
    }
    if (before?.cursor !== state.cursor) {
      changes.push({ key: `${prefix}cursor`, value: state.cursor ?? undefined });
    }
    written = state;
    if (changes.length === 0) return;
    await storage.write(changes).catch((error: unknown) => {
      // Not lost: the next sync from the older cursor brings it. All of it is written next time.
      written = undefined;
      throw error;
    });
  }

  return {
    async read() {
      const parsedCursor = cursor.safeParse(await storage.get(`${prefix}cursor`));
      const stored = await storage.list(`${prefix}conversation/`);
      const read = stored.flatMap(({ value }) => storedSchema.safeParse(value).data ?? []);
      // Without one of them the cursor would cover what is not there.
      const isWhole = read.length === stored.length;
      return {
        cursor: isWhole && parsedCursor.success ? parsedCursor.data : null,
        conversations: read.map(({ conversation }) => conversation),
        entries: read.flatMap(({ entries }) =>
          entries.map(readEntry).filter((entry) => entry !== undefined),
        ),
      };
    },
    changed() {
      if (isStopped || timer !== undefined) return;
      timer = clock.setTimeout(() => void flush().catch(() => undefined), GATHER_MS);
    },
    flush,
    startOver: () => void (written = undefined),
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}

/** Those that are gone, too: nothing is stored of them then. */
function changedConversations(
  state: ChatState,
  before: Pick<ChatState, 'conversationsById' | 'entriesByConversation'> | undefined,
): string[] {
  const ids = new Set(Object.keys(state.conversationsById));
  for (const id of Object.keys(before?.conversationsById ?? {})) ids.add(id);
  return [...ids].filter(
    (id) =>
      before?.conversationsById[id] !== state.conversationsById[id] ||
      before?.entriesByConversation[id] !== state.entriesByConversation[id],
  );
}

function storedOf(state: ChatState, id: string): unknown {
  const conversation = state.conversationsById[id];
  if (conversation === undefined) return undefined;
  const run = newestRun(state.entriesByConversation[id] ?? []);
  const entries = run
    .slice(-ENTRIES_KEPT)
    .map((entry) => (isMessage(entry) ? onWire(entry) : entry));
  return { conversation, entries };
}
