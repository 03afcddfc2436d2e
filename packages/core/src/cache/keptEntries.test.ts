import { createFakeClock } from '@chasqui/testkit';
import { newCursor, nextEntry, type Cursor } from '../connection/cursor';
import { createFanOut } from '../fanout/fanOut';
import {
  createLocalConversations,
  type LocalConversation,
  type LocalConversations,
} from './conversationCache';
import type { Entry } from '../ports/index';
import { testEntry } from '../testing/entries';

// A node may send a cached entry only while the entry is too young for any retention, because PostgreSQL would return a
// tombstone afterwards. The shortest retention is a minute.

const clock = createFakeClock();
// Independent of the clock of this node, which may differ from that of PostgreSQL.
const STORED = 1_000_000;

function entry(seq: number, at = STORED): Entry {
  return testEntry('room', seq, { id: `m${seq}`, json: '{}', at });
}

function behind(seq: number, known: Partial<Cursor>): Cursor {
  return Object.assign(newCursor('room'), { sent: seq - 1, target: seq, ...known });
}

async function openCache(): Promise<{
  conversations: LocalConversations;
  conversation: LocalConversation;
  remember: (...entries: Entry[]) => void;
}> {
  const conversations = createLocalConversations({
    db: { query: () => Promise.resolve([['room', 1, 'me', 1, null]]) } as never,
    clock,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    onMissed: () => undefined,
  });
  return new Promise((resolve) => {
    conversations.with('room', 1, (conversation) =>
      resolve({
        conversations,
        conversation,
        remember: (...entries) => {
          conversations.remember(conversation, entries);
          conversations.trim(conversation);
        },
      }),
    );
  });
}

test('a cached entry is sent from memory for a limited time, and then read again', async () => {
  const { conversation: local, remember } = await openCache();
  remember(entry(1));
  const next = (): unknown => nextEntry(behind(1, { local }), 'me', clock.now())?.seq;
  clock.advance(20_000);
  expect(next()).toBe(1);
  clock.advance(10_000);
  expect(next()).toBeUndefined();
});

test('newer entries do not extend the time of a cached entry', async () => {
  const { conversation: local, remember } = await openCache();
  for (let seq = 1; seq <= 10; seq += 1) {
    clock.advance(10_000);
    remember(entry(seq, STORED + seq * 10_000));
    // Receiving an entry again does not extend its time.
    remember(entry(seq, STORED + seq * 10_000));
  }
  const kept = local.recent.map(({ at }) => at - STORED);
  expect(kept).toEqual([80_000, 90_000, 100_000]);
  expect(nextEntry(behind(7, { local }), 'me', clock.now())).toBeUndefined();
  expect(nextEntry(behind(8, { local }), 'me', clock.now())?.seq).toBe(8);
});

test('entries read ahead for a slow device are read again after a limited time', () => {
  const cursor = behind(1, { page: [entry(1), entry(2)], pageReadAt: clock.now() });
  clock.advance(5_000);
  expect(nextEntry(cursor, 'me', clock.now())?.seq).toBe(1);
  clock.advance(6_000);
  expect(nextEntry(cursor, 'me', clock.now())).toBeUndefined();
});

test('a batch of any size is offered from memory completely before it is trimmed', async () => {
  const { conversations, conversation } = await openCache();
  const offered: (number | undefined)[] = [];
  const fanOut = createFanOut({
    bus: { publish: () => undefined } as never,
    conversations,
    connections: {
      offer: (local: LocalConversation, entries: Entry[]) => {
        const now = clock.now();
        offered.push(
          ...entries.map(({ seq }) => nextEntry(behind(seq, { local }), 'me', now)?.seq),
        );
      },
    } as never,
    locations: { remember: () => undefined } as never,
    typing: undefined as never,
    backlogs: { recheckUsers: () => undefined },
  });
  const entries = Array.from({ length: 200 }, (_, i) => entry(i + 1));
  fanOut.deliver({
    ...{ type: 'entries', batch: [{ conversationId: 'room', membersVersion: 1, entries }] },
  });
  expect(offered).toEqual(entries.map(({ seq }) => seq));
  expect(conversation.recent.map(({ seq }) => seq)).toEqual(offered.slice(-64));
});
