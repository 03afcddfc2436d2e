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
  test('sends a backlog from PostgreSQL in order, and what comes live meanwhile after it', async () => {
    room.appendMany('a', 1_200, { senderId: ME });
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 1_200 }]);
    room.connection.start();
    const live = room.append('a');
    room.connection.offer(room.local('a', [live]), live);
    await until('all is sent', () => room.transport.seqs().length === 1_201);
    expect(room.transport.seqs()).toEqual(upTo(1_201));
  });

  test('begins where the device stands, in a conversation of which it had no cursor', async () => {
    room.appendMany('a', 5);
    room.store.positions.set('a', 3);
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 5, undefined);
    await until('the rest is sent', () => room.transport.seqs().length === 2);
    expect(room.transport.seqs()).toEqual([4, 5]);
  });

  test('[D3] hints out of order, doubled and missing give every seq once and in order', async () => {
    const entries = room.appendMany('a', 9);
    const mind = room.local('a', entries.slice(6));
    room.connection.begin([]);
    room.connection.start();
    for (const i of [2, 0, 2, 8, 5]) room.connection.offer(mind, entries[i] as Entry);
    await until(
      'the position is read',
      () => room.store.reads.length > 0 || room.clock.pending > 0,
    );
    room.clock.advance(1_000);
    await until('all is sent', () => room.transport.seqs().length === 9);
    expect(room.transport.seqs()).toEqual(upTo(9));
  });

  test('waits a moment for a hint that was overtaken, and then reads nothing', async () => {
    room.append('a');
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 1 }]);
    room.connection.start();
    await until(
      'the backlog is sent',
      () => room.transport.payloads('chat:queue_empty').length === 1,
    );
    const reads = room.store.reads.length;
    const [two, three] = room.appendMany('a', 2) as [Entry, Entry];
    const mind = room.local('a', [three]);
    room.connection.offer(mind, three);
    expect(room.clock.pending).toBe(1);
    mind.recent = [two, three];
    room.connection.offer(mind, two);
    room.clock.advance(50);
    await until('both are sent', () => room.transport.seqs().length === 3);
    expect([room.transport.seqs(), room.store.reads.length]).toEqual([[1, 2, 3], reads]);
  });

  test('one conversation whose next entry must be read does not hold another up', async () => {
    room.appendMany('a', 2);
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 2 }]);
    room.store.positions.set('b', 0);
    let letThrough: () => void = () => undefined;
    room.store.gate = new Promise((resolve) => (letThrough = resolve));
    room.connection.start();
    const live = room.append('b');
    room.connection.expect('b', 0, 0);
    room.connection.offer(room.local('b', [live]), live);
    expect(room.transport.seqs('b')).toEqual([1]);
    letThrough();
    await until('the other is sent too', () => room.transport.seqs('a').length === 2);
  });

  test('a read that fails is tried again, and nothing is lost by it', async () => {
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
    await until('all is sent', () => room.transport.seqs().length === 7);
    expect([room.transport.seqs('a'), room.transport.seqs('b')]).toEqual([upTo(4), upTo(3)]);
    expect(room.transport.payloads('chat:queue_empty')).toEqual([{ delivered: 3 }]);
  });

  test('what comes while a read finds nothing is not lost', async () => {
    room.append('a');
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 1, 1);
    // Removed, so the read brings nothing; added again before it returns.
    room.store.joined.delete('a');
    let letThrough: () => void = () => undefined;
    room.store.gate = new Promise((resolve) => (letThrough = resolve));
    room.connection.expect('a', 2, undefined);
    room.store.joined.set('a', 2);
    const live = room.append('a');
    const mind = room.local('a', [live]);
    mind.members.set(ME, 3);
    room.append('a');
    room.connection.offer(mind, room.append('a'));
    room.store.gate = undefined;
    letThrough();
    await until('what is visible is sent', () => room.transport.seqs().at(-1) === 4);
  });

  test('a conversation that is forgotten during a read sends nothing, and holds no place', async () => {
    room.appendMany('a', 10);
    let letThrough: () => void = () => undefined;
    room.store.gate = new Promise((resolve) => (letThrough = resolve));
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 10 }]);
    room.connection.start();
    room.connection.leave(conversationRemoved(ME, 'a'));
    expect(room.transport.payloads('chat:queue_empty')).toEqual([{ delivered: 0 }]);
    room.store.gate = undefined;
    letThrough();
    room.connection.expect('b', room.append('b').seq, 0);
    await until('the other goes on', () => room.transport.seqs('b').length === 1);
    expect(room.transport.seqs('a')).toEqual([]);
  });

  test('[D9] who was removed and added again unheard is not sent what lies between from memory', async () => {
    const [first] = room.appendMany('a', 1) as [Entry];
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 1, 0);
    await until('the first is sent', () => room.transport.seqs().length === 1);
    const between = room.appendMany('a', 3);
    room.store.joined.set('a', 5);
    const again = room.append('a');
    room.connection.offer(room.local('a', [first, ...between, again]), again);
    await until('the membership goes on', () => room.transport.seqs().length === 2);
    expect(room.transport.seqs()).toEqual([1, 5]);
  });

  test('closing in the middle of a write ends it', () => {
    const entries = room.appendMany('a', 3);
    room.transport = memoryTransport({ onSend: () => room.connection.close() });
    room.reopen();
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    for (const entry of entries) room.connection.offer(room.local('a', entries), entry);
    expect(room.transport.frames.map(({ event }) => event)).toEqual(['chat:queue_empty']);
  });

  test('forgetting in the middle of a write does not stop the others', () => {
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
  test('comes at once, and once, where nothing is due', () => {
    room.connection.begin([]);
    expect(room.transport.frames).toEqual([]);
    room.connection.start();
    room.connection.start();
    expect(room.transport.frames).toEqual([
      { event: 'chat:queue_empty', payload: { delivered: 0 } },
    ]);
  });

  test('[D4] comes after the last of the backlog, and before what came live', async () => {
    room.appendMany('a', 3);
    room.appendMany('b', 2);
    room.connection.begin([
      { conversationId: 'a', position: 1, lastSeq: 3 },
      { conversationId: 'b', position: 0, lastSeq: 2 },
    ]);
    room.connection.start();
    await until('it is told', () => room.transport.payloads('chat:queue_empty').length === 1);
    expect(room.transport.frames.at(-1)).toEqual({
      event: 'chat:queue_empty',
      payload: { delivered: 4 },
    });
    const live = room.append('a');
    room.connection.offer(room.local('a', [live]), live);
    await until('the live one is sent', () => room.transport.seqs().length === 5);
    expect(room.transport.payloads('chat:queue_empty')).toHaveLength(1);
  });

  test('comes although a live entry had us read a newer position before the backlog', async () => {
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
