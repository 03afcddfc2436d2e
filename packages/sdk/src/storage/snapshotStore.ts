import { conversationSchema, cursor } from '@chasqui/protocol';
import * as z from 'zod';
import type { Clock, Timer } from '../scheduling/clock';
import { isMessage, toWire, readEntry, type WireEntry } from '../state/entry';
import type { ChatState, KnownConversation } from '../state/chatState';
import { newestRun } from '../state/timeline';
import type { Change, Storage } from './storage';

const knownSchema = conversationSchema.extend({
  participants_complete: z.boolean(),
  counted: z.object({ unread: z.number(), up_to: z.number() }),
});

const storedSchema = z.object({ conversation: knownSchema, entries: z.array(z.unknown()) });

/** A stored snapshot of the state: enough to open offline and to sync from its cursor. */
export interface Snapshot {
  readonly cursor: string | null;
  readonly conversations: readonly KnownConversation[];
  readonly entries: readonly WireEntry[];
}

/** Stores snapshots of the state. A client opens with the last one and syncs from its cursor (D7). */
export interface SnapshotStore {
  read(): Promise<Snapshot>;
  /** Schedules a write of the changed state, at most 0.4 s later. */
  changed(): void;
  /** Writes all pending changes now. */
  flush(): Promise<void>;
  /** Makes the next write a complete one, which replaces the snapshot of another tab. */
  startOver(): void;
  stop(): void;
}

/** Entries stored per conversation: about one screen and a little to scroll. */
const ENTRIES_KEPT = 40;
const GATHER_MS = 400;

interface Deps {
  storage: Storage;
  userId: string;
  clock: Clock;
  getState: () => ChatState;
  /** Only the leading tab writes, so that the cursor and the conversations always belong to the same state. */
  isLeading: () => boolean;
}

export function createSnapshotStore(deps: Deps): SnapshotStore {
  const { storage, userId, clock } = deps;
  const prefix = `user/${userId}/known/`;
  const ofConversation = (id: string): string => `${prefix}conversation/${id}`;
  let written:
    Pick<ChatState, 'cursor' | 'conversationsById' | 'entriesByConversation'> | undefined;
  let timer: Timer | undefined;
  let isStopped = false;

  /** Writes everything atomically: the cursor must match the conversations stored with it. */
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
      // Nothing is lost: the next sync starts from the older cursor. The next write is a complete one.
      written = undefined;
      throw error;
    });
  }

  return {
    async read() {
      const parsedCursor = cursor.safeParse(await storage.get(`${prefix}cursor`));
      const stored = await storage.list(`${prefix}conversation/`);
      const read = stored.flatMap(({ value }) => storedSchema.safeParse(value).data ?? []);
      // If a conversation is unreadable, a sync from the cursor would not bring it back.
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

/** Includes removed conversations, whose stored copies are deleted. */
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
    .map((entry) => (isMessage(entry) ? toWire(entry) : entry));
  return { conversation, entries };
}
