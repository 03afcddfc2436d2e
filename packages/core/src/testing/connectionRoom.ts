import { type Connection, createConnection } from '../connection/connection';
import type { Follows } from '../connection/start/followed';
import type { LocalConversation } from '../cache/conversationCache';
import type { Entry } from '../ports/index';
import { createFakeClock, type FakeClock } from '@chasqui/testkit';
import { noGauges } from './fakes/noGauges';
import { testEntry } from './entries';
import { memoryTransport, type MemoryTransport } from './memoryTransport';

type EntryOptions = Parameters<typeof testEntry>[2];

export const ME = 'me';
const OTHER = 'other';

/** The simulated state of PostgreSQL. */
interface ConnectionStore {
  entries: Map<string, Entry[]>;
  /** First visible seq of ME; a missing conversation is one without ME. */
  joined: Map<string, number>;
  positions: Map<string, number>;
  reads: { conversationId: string; seq: number }[][];
  failing: boolean;
  /** While set, reads wait until it resolves. */
  gate: Promise<void> | undefined;
}

/** One connection of ME with simulated PostgreSQL, cache, clock and transport. */
export interface ConnectionRoom {
  readonly clock: FakeClock;
  readonly store: ConnectionStore;
  /** Reads that failed. */
  readonly failures: unknown[];
  /** The transport of the next connection. */
  transport: MemoryTransport;
  readonly connection: Connection;
  /** Replaces the connection by one to the current transport. */
  reopen(): void;
  /** Stores the next entry of a conversation. */
  append(conversationId: string, more?: EntryOptions): Entry;
  appendMany(conversationId: string, count: number, more?: EntryOptions): Entry[];
  /** A cached conversation that contains only the given entries. */
  local(id: string, recent?: Entry[]): LocalConversation;
}

export function openConnectionRoom(follows: Follows = 'all'): ConnectionRoom {
  const clock = createFakeClock();
  const failures: unknown[] = [];
  const store: ConnectionStore = {
    entries: new Map(),
    joined: new Map(),
    positions: new Map(),
    reads: [],
    failing: false,
    gate: undefined,
  };

  const open = (transport: MemoryTransport): Connection =>
    createConnection({
      ...{ userId: ME, deviceNo: 1, transport, clock, gauges: noGauges, follows },
      async readEntries(after, limit) {
        store.reads.push(after.map(({ conversationId, seq }) => ({ conversationId, seq })));
        const { failing } = store;
        const pages = new Map<string, Entry[]>();
        for (const { conversationId, seq } of after) {
          const from = store.joined.get(conversationId);
          const page = (store.entries.get(conversationId) ?? [])
            .filter((entry) => from !== undefined && entry.seq > seq && entry.seq >= from)
            .slice(0, limit);
          if (page.length > 0) pages.set(conversationId, page);
        }
        await store.gate;
        if (failing) throw new Error('the store is gone');
        return pages;
      },
      async readPosition(conversationId) {
        await store.gate;
        if (store.failing) throw new Error('the store is gone');
        const joined = store.joined.get(conversationId);
        if (joined === undefined) return undefined;
        const lastSeq = store.entries.get(conversationId)?.at(-1)?.seq ?? 0;
        const position = Math.max(store.positions.get(conversationId) ?? 0, joined - 1);
        return { position, lastSeq };
      },
      onReadFailed: (error) => failures.push(error),
    });

  const append = (conversationId: string, more: EntryOptions = {}): Entry => {
    if (!store.joined.has(conversationId)) store.joined.set(conversationId, 1);
    const log = store.entries.get(conversationId) ?? [];
    store.entries.set(conversationId, log);
    const seq = (log.at(-1)?.seq ?? 0) + 1;
    const entry = testEntry(conversationId, seq, { senderId: OTHER, at: clock.now(), ...more });
    log.push({ ...entry, origin: null });
    return entry;
  };

  const transport = memoryTransport();
  let connection = open(transport);
  return {
    ...{ clock, store, failures, transport },
    get connection() {
      return connection;
    },
    reopen() {
      connection = open(this.transport);
    },
    append,
    appendMany: (conversationId, count, more) =>
      Array.from({ length: count }, () => append(conversationId, more)),
    local(id, recent = []) {
      const members = new Map([
        [ME, store.joined.get(id) ?? 1],
        [OTHER, 1],
      ]);
      const mind = { id, membersVersion: 1, members, requestedId: null };
      return { ...mind, recent, recentBytes: 0, receivedAt: clock.now() };
    },
  };
}
