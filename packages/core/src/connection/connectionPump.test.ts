import { type ConnectionRoom, ME, openConnectionRoom } from '../testing/connectionRoom';
import { memoryTransport } from '../testing/memoryTransport';
import { until } from '@chasqui/testkit';
import { conversationRemoved } from '../events/conversationEvents';
import type { Entry } from '../ports/index';

let room: ConnectionRoom;
beforeEach(() => {
  room = openConnectionRoom();
});

const upTo = (n: number, from = 1): number[] =>
  Array.from({ length: n - from + 1 }, (_, i) => from + i);

describe('[R3] the pump', () => {
  test('the pump sends a backlog from PostgreSQL in order, followed by entries that arrived live in the meantime', async () => {
    room.appendMany('a', 1_200, { senderId: ME });
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 1_200 }]);
    room.connection.start();
    const live = room.append('a');
    room.connection.offer(room.local('a', [live]), live);
    await until('all entries are sent', () => room.transport.seqs().length === 1_201);
    expect(room.transport.seqs()).toEqual(upTo(1_201));
  });

  test('the pump starts at the position of the device in a conversation without a cursor', async () => {
    room.appendMany('a', 5);
    room.store.positions.set('a', 3);
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 5, undefined);
    await until('the remaining entries are sent', () => room.transport.seqs().length === 2);
    expect(room.transport.seqs()).toEqual([4, 5]);
  });

  test('[D3] the pump sends every seq once and in order when notifications are reordered, duplicated and lost', async () => {
    const entries = room.appendMany('a', 9);
    const cached = room.local('a', entries.slice(6));
    room.connection.begin([]);
    room.connection.start();
    for (const i of [2, 0, 2, 8, 5]) room.connection.offer(cached, entries[i] as Entry);
    await until(
      'the position is read',
      () => room.store.reads.length > 0 || room.clock.pending > 0,
    );
    room.clock.advance(1_000);
    await until('all entries are sent', () => room.transport.seqs().length === 9);
    expect(room.transport.seqs()).toEqual(upTo(9));
  });

  test('the pump waits briefly for a notification that was overtaken, and then reads nothing', async () => {
    room.append('a');
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 1 }]);
    room.connection.start();
    await until(
      'the backlog is sent',
      () => room.transport.payloads('chat:queue_empty').length === 1,
    );
    const reads = room.store.reads.length;
    const [two, three] = room.appendMany('a', 2) as [Entry, Entry];
    const cached = room.local('a', [three]);
    room.connection.offer(cached, three);
    expect(room.clock.pending).toBe(1);
    cached.recent = [two, three];
    room.connection.offer(cached, two);
    room.clock.advance(50);
    await until('both are sent', () => room.transport.seqs().length === 3);
    expect([room.transport.seqs(), room.store.reads.length]).toEqual([[1, 2, 3], reads]);
  });

  test('a conversation that waits for a read does not delay another', async () => {
    room.appendMany('a', 2);
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 2 }]);
    room.store.positions.set('b', 0);
    let openGate: () => void = () => undefined;
    room.store.gate = new Promise((resolve) => (openGate = resolve));
    room.connection.start();
    const live = room.append('b');
    room.connection.expect('b', 0, 0);
    room.connection.offer(room.local('b', [live]), live);
    expect(room.transport.seqs('b')).toEqual([1]);
    openGate();
    await until('the other conversation is sent', () => room.transport.seqs('a').length === 2);
  });

  test('a failed read is retried without losing entries', async () => {
    room.appendMany('a', 3);
    room.appendMany('b', 3);
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 3 }]);
    room.store.failing = true;
    room.connection.start();
    room.connection.expect('b', 3, undefined);
    await until('both reads have failed', () => room.failures.length === 2);
    const live = room.append('a');
    room.connection.offer(room.local('a', [live]), live);
    room.clock.advance(999);
    expect([room.transport.frames, room.failures.length]).toEqual([[], 2]);
    room.store.failing = false;
    room.clock.advance(1);
    await until('all entries are sent', () => room.transport.seqs().length === 7);
    expect([room.transport.seqs('a'), room.transport.seqs('b')]).toEqual([upTo(4), upTo(3)]);
    expect(room.transport.payloads('chat:queue_empty')).toEqual([{ delivered: 3 }]);
  });

  test('an entry that arrives during an empty read is not lost', async () => {
    room.append('a');
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 1, 1);
    // The user is removed, so the read returns nothing, and added again before it returns.
    room.store.joined.delete('a');
    let openGate: () => void = () => undefined;
    room.store.gate = new Promise((resolve) => (openGate = resolve));
    room.connection.expect('a', 2, undefined);
    room.store.joined.set('a', 2);
    const live = room.append('a');
    const cached = room.local('a', [live]);
    cached.members.set(ME, 3);
    room.append('a');
    room.connection.offer(cached, room.append('a'));
    room.store.gate = undefined;
    openGate();
    await until('the visible entries are sent', () => room.transport.seqs().at(-1) === 4);
  });

  test('a conversation that is removed during a read sends nothing and frees its slots', async () => {
    room.appendMany('a', 10);
    let openGate: () => void = () => undefined;
    room.store.gate = new Promise((resolve) => (openGate = resolve));
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 10 }]);
    room.connection.start();
    room.connection.leave(conversationRemoved(ME, 'a'));
    expect(room.transport.payloads('chat:queue_empty')).toEqual([{ delivered: 0 }]);
    room.store.gate = undefined;
    openGate();
    room.connection.expect('b', room.append('b').seq, 0);
    await until('the other conversation is sent', () => room.transport.seqs('b').length === 1);
    expect(room.transport.seqs('a')).toEqual([]);
  });

  test('[D9] a member removed and re-added unnoticed does not get the entries in between from the cache', async () => {
    const [first] = room.appendMany('a', 1) as [Entry];
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 1, 0);
    await until('the first entry is sent', () => room.transport.seqs().length === 1);
    const between = room.appendMany('a', 3);
    room.store.joined.set('a', 5);
    const again = room.append('a');
    room.connection.offer(room.local('a', [first, ...between, again]), again);
    await until('the new membership is sent', () => room.transport.seqs().length === 2);
    expect(room.transport.seqs()).toEqual([1, 5]);
  });

  test('closing the connection during a write stops the write', () => {
    const entries = room.appendMany('a', 3);
    room.transport = memoryTransport({ onSend: () => room.connection.close() });
    room.reopen();
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    for (const entry of entries) room.connection.offer(room.local('a', entries), entry);
    expect(room.transport.frames.map(({ event }) => event)).toEqual(['chat:queue_empty']);
  });

  test('removing a conversation during a write does not stop the others', () => {
    const a = room.appendMany('a', 3);
    const b = room.appendMany('b', 3);
    room.connection.begin([]);
    room.transport = memoryTransport({
      onSend({ name, conversationId }) {
        if (name !== 'chat:message_received' || conversationId !== 'a') return;
        room.connection.leave(conversationRemoved(ME, 'a'));
      },
    });
    room.reopen();
    room.connection.begin([
      { conversationId: 'a', position: 0, lastSeq: 3 },
      { conversationId: 'b', position: 0, lastSeq: 3 },
    ]);
    room.connection.offer(room.local('a', a), a[2] as Entry);
    room.connection.offer(room.local('b', b), b[2] as Entry);
    room.connection.start();
    expect([room.transport.seqs('a'), room.transport.seqs('b')]).toEqual([[1], [1, 2, 3]]);
    expect(room.transport.payloads('chat:queue_empty')).toEqual([{ delivered: 4 }]);
  });
});

describe('chat:queue_empty', () => {
  test('chat:queue_empty is sent immediately and once if nothing is due', () => {
    room.connection.begin([]);
    expect(room.transport.frames).toEqual([]);
    room.connection.start();
    room.connection.start();
    expect(room.transport.frames).toEqual([
      { event: 'chat:queue_empty', payload: { delivered: 0 } },
    ]);
  });

  test('[D4] chat:queue_empty is sent after the backlog and before live entries', async () => {
    room.appendMany('a', 3);
    room.appendMany('b', 2);
    room.connection.begin([
      { conversationId: 'a', position: 1, lastSeq: 3 },
      { conversationId: 'b', position: 0, lastSeq: 2 },
    ]);
    room.connection.start();
    await until(
      'the event is sent',
      () => room.transport.payloads('chat:queue_empty').length === 1,
    );
    expect(room.transport.frames.at(-1)).toEqual({
      event: 'chat:queue_empty',
      payload: { delivered: 4 },
    });
    const live = room.append('a');
    room.connection.offer(room.local('a', [live]), live);
    await until('the live entry is sent', () => room.transport.seqs().length === 5);
    expect(room.transport.payloads('chat:queue_empty')).toHaveLength(1);
  });

  test('chat:queue_empty is sent even if a live entry caused a newer position to be read before the backlog', async () => {
    room.appendMany('a', 3);
    room.store.positions.set('a', 3);
    const live = room.store.entries.get('a')?.at(-1) as Entry;
    room.connection.offer(room.local('a', [live]), live);
    await until('the position is known', () => room.connection.wasSent('a', 3));
    room.connection.begin([{ conversationId: 'a', position: 1, lastSeq: 3 }]);
    room.connection.start();
    expect(room.transport.payloads('chat:queue_empty')).toEqual([{ delivered: 0 }]);
  });
});
