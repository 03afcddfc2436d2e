import { WINDOW } from '@pern/protocol/limits';
import { createFakeClock, type FakeClock } from '@pern/testing/fakeClock';
import { noGauges } from '@pern/testing/noGauges';
import { recordingOutlet, type RecordingOutlet } from '@pern/testing/recordingOutlet';
import { until } from '@pern/testing/until';
import { createConnection, type Connection } from './connection';
import type { LocalConversation } from './localConversations';
import type { EntryHint } from './ports';

/** A conversation as PostgreSQL and this node have it, and ME on one connection. */
const ME = 'me';
const OTHER = 'other';

interface Store {
  entries: Map<string, EntryHint[]>;
  /** First visible seq; a conversation that is missing is not mine. */
  joined: Map<string, number>;
  positions: Map<string, number>;
  reads: { conversationId: string; seq: number }[][];
  failing: boolean;
  /** While set, reads wait for it. */
  gate: Promise<void> | undefined;
}

let clock: FakeClock;
let outlet: RecordingOutlet;
let store: Store;
let failures: unknown[];
let connection: Connection;

function open(batch = false): Connection {
  return createConnection({
    userId: ME,
    deviceNo: 1,
    batch,
    outlet,
    clock,
    gauges: noGauges,
    async readEntries(after, limit) {
      store.reads.push(after.map(({ conversationId, seq }) => ({ conversationId, seq })));
      const { failing } = store;
      const pages = new Map<string, EntryHint[]>();
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
      return { position: Math.max(store.positions.get(conversationId) ?? 0, joined - 1), lastSeq };
    },
    onReadFailed: (error) => failures.push(error),
  });
}

beforeEach(() => {
  clock = createFakeClock();
  outlet = recordingOutlet();
  failures = [];
  store = {
    entries: new Map(),
    joined: new Map(),
    positions: new Map(),
    reads: [],
    failing: false,
    gate: undefined,
  };
  connection = open();
});

/** Stores the next entry of a conversation. */
function append(conversationId: string, more: Partial<EntryHint> = {}): EntryHint {
  if (!store.joined.has(conversationId)) store.joined.set(conversationId, 1);
  const log = store.entries.get(conversationId) ?? [];
  store.entries.set(conversationId, log);
  const seq = (log.at(-1)?.seq ?? 0) + 1;
  const id = `${conversationId}:${seq}`;
  const senderId = more.senderId ?? OTHER;
  const message = { id, conversation_id: conversationId, seq, sender_id: senderId };
  const json = JSON.stringify(message);
  const entry = { id, seq, senderId, counts: true, origin: null, json, at: clock.now(), ...more };
  log.push({ ...entry, origin: null });
  return entry;
}

function appendMany(conversationId: string, count: number, more?: Partial<EntryHint>): EntryHint[] {
  return Array.from({ length: count }, () => append(conversationId, more));
}

/** What this node has in mind of a conversation: only what it was told. */
function local(id: string, recent: EntryHint[] = []): LocalConversation {
  const members = new Map([
    [ME, store.joined.get(id) ?? 1],
    [OTHER, 1],
  ]);
  return { id, membersVersion: 1, members, recent, recentBytes: 0, heardAt: clock.now() };
}

const upTo = (n: number, from = 1): number[] =>
  Array.from({ length: n - from + 1 }, (_, i) => from + i);
const settled = (what: string, fact: () => boolean): Promise<unknown> => until(what, fact);

describe('[R3] the pump', () => {
  test('sends a backlog from PostgreSQL in order, and what comes live meanwhile after it', async () => {
    appendMany('a', 1_200, { senderId: ME });
    connection.begin([{ conversationId: 'a', position: 0, lastSeq: 1_200 }]);
    connection.start();
    const live = append('a');
    connection.offer(local('a', [live]), live);
    await settled('all is sent', () => outlet.seqs().length === 1_201);
    expect(outlet.seqs()).toEqual(upTo(1_201));
  });

  test('begins where the device stands, in a conversation of which it had no cursor', async () => {
    appendMany('a', 5);
    store.positions.set('a', 3);
    connection.begin([]);
    connection.start();
    connection.expect('a', 5, undefined);
    await settled('the rest is sent', () => outlet.seqs().length === 2);
    expect(outlet.seqs()).toEqual([4, 5]);
  });

  test('[D3] hints out of order, doubled and missing give every seq once and in order', async () => {
    const entries = appendMany('a', 9);
    const mind = local('a', entries.slice(6));
    connection.begin([]);
    connection.start();
    for (const i of [2, 0, 2, 8, 5]) connection.offer(mind, entries[i] as EntryHint);
    await settled('the position is read', () => store.reads.length > 0 || clock.pending > 0);
    clock.advance(1_000);
    await settled('all is sent', () => outlet.seqs().length === 9);
    expect(outlet.seqs()).toEqual(upTo(9));
  });

  test('waits a moment for a hint that was overtaken, and then reads nothing', async () => {
    append('a');
    connection.begin([{ conversationId: 'a', position: 0, lastSeq: 1 }]);
    connection.start();
    await settled('the backlog is sent', () => outlet.payloads('chat:queue_empty').length === 1);
    const reads = store.reads.length;
    const [two, three] = appendMany('a', 2) as [EntryHint, EntryHint];
    const mind = local('a', [three]);
    connection.offer(mind, three);
    expect(clock.pending).toBe(1);
    mind.recent = [two, three];
    connection.offer(mind, two);
    clock.advance(50);
    await settled('both are sent', () => outlet.seqs().length === 3);
    expect([outlet.seqs(), store.reads.length]).toEqual([[1, 2, 3], reads]);
  });

  test('one conversation whose next entry must be read does not hold another up', async () => {
    appendMany('a', 2);
    connection.begin([{ conversationId: 'a', position: 0, lastSeq: 2 }]);
    store.positions.set('b', 0);
    let letThrough: () => void = () => undefined;
    store.gate = new Promise((resolve) => (letThrough = resolve));
    connection.start();
    const live = append('b');
    connection.expect('b', 0, 0);
    connection.offer(local('b', [live]), live);
    expect(outlet.seqs('b')).toEqual([1]);
    letThrough();
    await settled('the other is sent too', () => outlet.seqs('a').length === 2);
  });

  test('a read that fails is tried again, and nothing is lost by it', async () => {
    appendMany('a', 3);
    appendMany('b', 3);
    connection.begin([{ conversationId: 'a', position: 0, lastSeq: 3 }]);
    store.failing = true;
    connection.start();
    connection.expect('b', 3, undefined);
    await settled('both reads have failed', () => failures.length === 2);
    const live = append('a');
    connection.offer(local('a', [live]), live);
    clock.advance(999);
    expect([outlet.frames, failures.length]).toEqual([[], 2]);
    store.failing = false;
    clock.advance(1);
    await settled('all is sent', () => outlet.seqs().length === 7);
    expect([outlet.seqs('a'), outlet.seqs('b')]).toEqual([upTo(4), upTo(3)]);
    expect(outlet.payloads('chat:queue_empty')).toEqual([{ delivered: 3 }]);
  });

  test('what comes while a read finds nothing is not lost', async () => {
    append('a');
    connection.begin([]);
    connection.start();
    connection.expect('a', 1, 1);
    // Removed, so the read brings nothing; added again before it returns.
    store.joined.delete('a');
    let letThrough: () => void = () => undefined;
    store.gate = new Promise((resolve) => (letThrough = resolve));
    connection.expect('a', 2, undefined);
    store.joined.set('a', 2);
    const live = append('a');
    const mind = local('a', [live]);
    mind.members.set(ME, 3);
    append('a');
    connection.offer(mind, append('a'));
    store.gate = undefined;
    letThrough();
    await settled('what is visible is sent', () => outlet.seqs().at(-1) === 4);
  });

  test('a conversation that is forgotten during a read sends nothing, and holds no place', async () => {
    appendMany('a', 10);
    let letThrough: () => void = () => undefined;
    store.gate = new Promise((resolve) => (letThrough = resolve));
    connection.begin([{ conversationId: 'a', position: 0, lastSeq: 10 }]);
    connection.start();
    connection.forget('a');
    expect(outlet.payloads('chat:queue_empty')).toEqual([{ delivered: 0 }]);
    store.gate = undefined;
    letThrough();
    connection.expect('b', append('b').seq, 0);
    await settled('the other goes on', () => outlet.seqs('b').length === 1);
    expect(outlet.seqs('a')).toEqual([]);
  });

  test('[D9] who was removed and added again unheard is not sent what lies between from memory', async () => {
    const [first] = appendMany('a', 1) as [EntryHint];
    connection.begin([]);
    connection.start();
    connection.expect('a', 1, 0);
    await settled('the first is sent', () => outlet.seqs().length === 1);
    const between = appendMany('a', 3);
    store.joined.set('a', 5);
    const again = append('a');
    connection.offer(local('a', [first, ...between, again]), again);
    await settled('the membership goes on', () => outlet.seqs().length === 2);
    expect(outlet.seqs()).toEqual([1, 5]);
  });

  test('closing in the middle of a write ends it', () => {
    const entries = appendMany('a', 3);
    outlet = recordingOutlet(() => connection.close());
    connection = open();
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    for (const entry of entries) connection.offer(local('a', entries), entry);
    expect(outlet.frames.map(({ event }) => event)).toEqual(['chat:queue_empty']);
  });

  test('forgetting in the middle of a write does not stop the others', () => {
    const a = appendMany('a', 3);
    const b = appendMany('b', 3);
    connection.begin([]);
    outlet = recordingOutlet((_, json) => {
      if (json.includes('"a"')) connection.forget('a');
    });
    connection = open();
    connection.begin([
      { conversationId: 'a', position: 0, lastSeq: 3 },
      { conversationId: 'b', position: 0, lastSeq: 3 },
    ]);
    connection.offer(local('a', a), a[2] as EntryHint);
    connection.offer(local('b', b), b[2] as EntryHint);
    connection.start();
    expect([outlet.seqs('a'), outlet.seqs('b')]).toEqual([[1], [1, 2, 3]]);
    expect(outlet.payloads('chat:queue_empty')).toEqual([{ delivered: 4 }]);
  });
});

describe('[R4] the window', () => {
  test('counts messages by others alone, and opens as they are acknowledged', async () => {
    appendMany('own', 700, { senderId: ME });
    appendMany('events', 700, { counts: false });
    appendMany('a', WINDOW + 50);
    connection.begin([
      { conversationId: 'own', position: 0, lastSeq: 700 },
      { conversationId: 'events', position: 0, lastSeq: 700 },
      { conversationId: 'a', position: 0, lastSeq: WINDOW + 50 },
    ]);
    connection.start();
    await settled('the window is full', () => outlet.seqs('a').length === WINDOW);
    await settled('the rest is sent', () => outlet.seqs().length === WINDOW + 1_400);
    expect(connection.blockedBy()).toEqual(['a']);
    expect(outlet.payloads('chat:queue_empty')).toEqual([]);
    connection.release('a', 30);
    expect(outlet.seqs('a')).toEqual(upTo(WINDOW + 30));
    connection.release('a', 30);
    connection.release('a', WINDOW);
    await settled('the rest is sent', () => outlet.seqs('a').length === WINDOW + 50);
    expect(outlet.payloads('chat:queue_empty')).toEqual([{ delivered: WINDOW + 1_450 }]);
    expect(connection.blockedBy()).toEqual([]);
  });

  test('live entries wait too, and forgetting a conversation gives its places free', async () => {
    appendMany('a', WINDOW);
    connection.begin([{ conversationId: 'a', position: 0, lastSeq: WINDOW }]);
    connection.start();
    await settled('the window is full', () => outlet.seqs('a').length === WINDOW);
    expect(outlet.payloads('chat:queue_empty')).toEqual([{ delivered: WINDOW }]);
    const live = append('b');
    connection.expect('b', 0, 0);
    connection.offer(local('b', [live]), live);
    expect(outlet.seqs('b')).toEqual([]);
    connection.forget('a');
    expect(outlet.seqs('b')).toEqual([1]);
  });

  test('what the device has acknowledged before it was sent takes no place', async () => {
    appendMany('a', WINDOW + 10);
    connection.begin([]);
    connection.start();
    connection.expect('a', 10, 0);
    await settled('ten are sent', () => outlet.seqs('a').length === 10);
    // By another connection of the device.
    connection.release('a', WINDOW);
    connection.expect('a', WINDOW + 10, undefined);
    await settled('all are sent', () => outlet.seqs('a').length === WINDOW + 10);
    expect(connection.blockedBy()).toEqual([]);
  });

  test('a slow outlet stops the pump, and its draining starts it again', async () => {
    const entries = appendMany('a', 20);
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    outlet.takeOnly(7);
    const mind = local('a', entries);
    for (const entry of entries) connection.offer(mind, entry);
    expect(outlet.seqs()).toEqual(upTo(7));
    outlet.drain();
    expect(outlet.seqs()).toEqual(upTo(20));
  });

  test('[D3] a slow outlet holds answers of its conversation back no longer than their patience', () => {
    const [first] = appendMany('a', 1) as [EntryHint];
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    outlet.takeOnly(0);
    const mine = append('a', { senderId: ME, origin: outlet.id, id: 'mine' });
    connection.sending('mine');
    const mind = local('a', [first, mine]);
    connection.offer(mind, first);
    const answered: string[] = [];
    connection.sent('mine', 'a', 2, () => answered.push('mine') > 0);
    connection.offer(mind, mine);
    clock.advance(4_999);
    connection.answerOverdue();
    expect(answered).toEqual([]);
    clock.advance(1);
    connection.answerOverdue();
    connection.answerOverdue();
    outlet.drain();
    expect(answered).toEqual(['mine']);
    expect(outlet.seqs()).toEqual([1]);
  });
});

describe('[D3] the answers to own sends', () => {
  /** Sends and commits at once, as the send path does: answered and announced in one turn. */
  function send(id: string, mind: LocalConversation, answered: string[]): void {
    connection.sending(id);
    const entry = append(mind.id, { senderId: ME, origin: outlet.id, id });
    connection.sent(
      id,
      mind.id,
      entry.seq,
      () => answered.push(`${id}@${outlet.frames.length}`) > 0,
    );
    mind.recent.push(entry);
    connection.offer(mind, entry);
  }

  test('take the place of the frame, between those of others', () => {
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    const mind = local('a');
    const answered: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const entry = append('a');
      mind.recent.push(entry);
      connection.offer(mind, entry);
      send(`mine${i}`, mind, answered);
    }
    // The first frame is queue_empty.
    expect(outlet.seqs()).toEqual([1, 3, 5]);
    expect(answered).toEqual(['mine0@2', 'mine1@3', 'mine2@4']);
  });

  test('[D4] too late for its command, an answer leaves its entry due: it is sent as a frame', () => {
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    const mind = local('a');
    const entries = ['late', 'in time'].map((id) => {
      connection.sending(id);
      const entry = append('a', { senderId: ME, origin: outlet.id, id });
      connection.sent(id, 'a', entry.seq, () => id !== 'late');
      return entry;
    });
    mind.recent.push(...entries);
    for (const entry of entries) connection.offer(mind, entry);
    expect(outlet.seqs()).toEqual([1]);
  });

  test('come after the batched frames before them', () => {
    connection = open(true);
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    const mind = local('a');
    const answered: string[] = [];
    for (const entry of appendMany('a', 3)) {
      mind.recent.push(entry);
      connection.offer(mind, entry);
    }
    expect(outlet.seqs()).toEqual([]);
    send('mine', mind, answered);
    expect(outlet.seqs()).toEqual([1, 2, 3]);
    expect(answered).toEqual(['mine@2']);
  });

  test.each([false, true])('of a repeat follows its frame; batched: %s', async (batch) => {
    connection = open(batch);
    appendMany('a', 3);
    connection.begin([{ conversationId: 'a', position: 0, lastSeq: 3 }]);
    connection.sending('again');
    const sentBefore: number[][] = [];
    connection.repeated('again', 'a', 2, () => sentBefore.push(outlet.seqs()) > 0);
    expect(sentBefore).toEqual([]);
    connection.start();
    await settled('all is sent', () => outlet.seqs().length === 3);
    connection.repeated('once more', 'a', 2, () => sentBefore.push(outlet.seqs()) > 0);
    expect(sentBefore).toEqual([upTo(2), upTo(3)]);
  });

  test('of a repeat whose frame is held back comes early, and the frame all the same', () => {
    const [first, second] = appendMany('a', 2) as [EntryHint, EntryHint];
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    outlet.takeOnly(0);
    const mind = local('a', [first, second]);
    connection.offer(mind, first);
    connection.offer(mind, second);
    let answers = 0;
    connection.repeated('again', 'a', 2, () => (answers += 1) > 0);
    clock.advance(5_000);
    connection.answerOverdue();
    expect(answers).toBe(1);
    outlet.drain();
    expect(outlet.seqs()).toEqual([1, 2]);
    expect(answers).toBe(1);
  });

  test('an entry that is read before its send was answered waits for the answer', async () => {
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    connection.sending('mine');
    append('a', { senderId: ME, id: 'mine' });
    append('a');
    connection.expect('a', 2, undefined);
    await settled('the page is read', () => store.reads.length === 1);
    const answered: number[] = [];
    connection.sent('mine', 'a', 1, () => answered.push(outlet.seqs().length) > 0);
    connection.expect('a', 2, undefined);
    await settled('what follows is sent', () => outlet.seqs().length === 1);
    expect([answered, outlet.seqs()]).toEqual([[0], [2]]);
  });

  test('a send that failed although it was stored comes as a frame', async () => {
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    connection.sending('mine');
    append('a', { senderId: ME, id: 'mine' });
    connection.expect('a', 1, undefined);
    await settled('the page is read', () => store.reads.length === 1);
    connection.sendEnded('mine', 'a');
    await settled('it is sent', () => outlet.seqs().length === 1);
  });

  test('waits for the position where the connection had no cursor', async () => {
    appendMany('a', 4);
    store.positions.set('a', 2);
    connection.begin([]);
    connection.start();
    const answered: string[] = [];
    send('mine', local('a', []), answered);
    expect(answered).toEqual([]);
    // The two before it might still be on their way.
    await settled('the position is known', () => clock.pending === 1);
    clock.advance(10);
    await settled('it is answered', () => answered.length === 1);
    expect(outlet.seqs()).toEqual([3, 4]);
  });

  test('is answered at once where the device has already gone by', async () => {
    appendMany('a', 4);
    store.positions.set('a', 5);
    connection.begin([]);
    connection.start();
    const answered: string[] = [];
    send('mine', local('a', []), answered);
    await settled('it is answered', () => answered.length === 1);
    expect(outlet.seqs()).toEqual([]);
  });

  test('every answer is given exactly once, also when the conversation or the connection ends', () => {
    connection.begin([]);
    connection.start();
    const answered: string[] = [];
    const a = local('a');
    const b = local('b');
    // No position yet: they wait.
    send('one', a, answered);
    send('two', b, answered);
    expect(answered).toEqual([]);
    connection.forget('a');
    connection.close();
    connection.close();
    connection.sending('late');
    connection.sent('late', 'b', 9, () => answered.push('late') > 0);
    expect(answered.map((one) => one.split('@')[0])).toEqual(['one', 'two', 'late']);
  });

  test('a client that sends on and never acknowledges is closed before it fills the memory', () => {
    connection.begin([]);
    connection.start();
    connection.expect('a', 0, 0);
    outlet.takeOnly(0);
    const mind = local('a');
    const first = append('a');
    mind.recent.push(first);
    connection.offer(mind, first);
    const answered: string[] = [];
    for (let i = 0; i < 10_001; i += 1) send(`mine${i}`, mind, answered);
    clock.advance(5_000);
    connection.answerOverdue();
    expect(answered).toHaveLength(10_001);
    expect(outlet.closedFor).toBeDefined();
  });
});

describe('chat:queue_empty', () => {
  test('comes at once, and once, where nothing is due', () => {
    connection.begin([]);
    expect(outlet.frames).toEqual([]);
    connection.start();
    connection.start();
    expect(outlet.frames).toEqual([{ event: 'chat:queue_empty', payload: { delivered: 0 } }]);
  });

  test('[D4] comes after the last of the backlog, and before what came live', async () => {
    appendMany('a', 3);
    appendMany('b', 2);
    connection.begin([
      { conversationId: 'a', position: 1, lastSeq: 3 },
      { conversationId: 'b', position: 0, lastSeq: 2 },
    ]);
    connection.start();
    await settled('it is told', () => outlet.payloads('chat:queue_empty').length === 1);
    expect(outlet.frames.at(-1)).toEqual({ event: 'chat:queue_empty', payload: { delivered: 4 } });
    const live = append('a');
    connection.offer(local('a', [live]), live);
    await settled('the live one is sent', () => outlet.seqs().length === 5);
    expect(outlet.payloads('chat:queue_empty')).toHaveLength(1);
  });

  test('comes although a live entry had us read a newer position before the backlog', async () => {
    appendMany('a', 3);
    store.positions.set('a', 3);
    const live = store.entries.get('a')?.at(-1) as EntryHint;
    connection.offer(local('a', [live]), live);
    await until('the position is known', () => connection.wasSent('a', 3));
    connection.begin([{ conversationId: 'a', position: 1, lastSeq: 3 }]);
    connection.start();
    expect(outlet.payloads('chat:queue_empty')).toEqual([{ delivered: 0 }]);
  });
});

describe('batches', () => {
  test('hold at most a hundred messages and 131,072 characters, in order', async () => {
    connection = open(true);
    appendMany('a', 250);
    const json = JSON.stringify({
      conversation_id: 'b',
      seq: 0,
      content_encrypted: 'x'.repeat(49_000),
    });
    for (let seq = 1; seq <= 5; seq += 1) append('b', { json: json.replace('0', String(seq)) });
    connection.begin([
      { conversationId: 'a', position: 0, lastSeq: 250 },
      { conversationId: 'b', position: 0, lastSeq: 5 },
    ]);
    connection.start();
    await settled('all is sent', () => outlet.payloads('chat:queue_empty').length === 1);
    const sizes = outlet.frames.map(({ event, payload }) =>
      event === 'chat:messages_received' ? (payload as { messages: unknown[] }).messages.length : 1,
    );
    expect([outlet.seqs('a'), outlet.seqs('b')]).toEqual([upTo(250), upTo(5)]);
    expect(Math.max(...sizes)).toBe(100);
    for (const { payload } of outlet.frames) {
      expect(JSON.stringify(payload).length).toBeLessThanOrEqual(131_072 + 200);
    }
    expect(outlet.frames.at(-1)?.event).toBe('chat:queue_empty');
  });
});
