import { type ConnectionRoom, ME, openConnectionRoom } from '../testing/connectionRoom';
import { until } from '@chasqui/testkit';
import type { LocalConversation } from '../cache/conversationCache';
import { conversationRemoved } from '../events/conversationEvents';
import { testEntry } from '../testing/entries';
import { memoryTransport } from '../testing/memoryTransport';
import type { Entry } from '../ports/index';

let room: ConnectionRoom;
beforeEach(() => {
  room = openConnectionRoom();
});

const upTo = (n: number, from = 1): number[] =>
  Array.from({ length: n - from + 1 }, (_, i) => from + i);

describe('[D3] the replies to own sends', () => {
  /** Sends and commits, and offers the entry with its reply in one turn, like the send path. */
  function send(id: string, cached: LocalConversation, answered: string[]): void {
    room.connection.sending(id);
    const entry = room.append(cached.id, { senderId: ME, origin: room.transport.id, id });
    cached.recent.push(entry);
    room.connection.offer(
      cached,
      entry,
      () => answered.push(`${id}@${room.transport.frames.length}`) > 0,
    );
  }

  test('replies replace the events of their entries, in the order of seq', () => {
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    const cached = room.local('a');
    const answered: string[] = [];
    for (let i = 0; i < 3; i += 1) {
      const entry = room.append('a');
      cached.recent.push(entry);
      room.connection.offer(cached, entry);
      send(`mine${i}`, cached, answered);
    }
    // The first frame is chat:queue_empty.
    expect(room.transport.seqs()).toEqual([1, 3, 5]);
    expect(answered).toEqual(['mine0@2', 'mine1@3', 'mine2@4']);
  });

  test('[D4] the entry is sent as an event if the command has timed out before its reply', () => {
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    const cached = room.local('a');
    for (const id of ['late', 'in time']) {
      room.connection.sending(id);
      const entry = room.append('a', { senderId: ME, origin: room.transport.id, id });
      cached.recent.push(entry);
      room.connection.offer(cached, entry, () => id !== 'late');
    }
    expect(room.transport.seqs()).toEqual([1]);
  });

  test('a reply follows the batched entries before it', () => {
    room.transport = memoryTransport({ capabilities: { batching: true } });
    room.reopen();
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    const cached = room.local('a');
    const answered: string[] = [];
    for (const entry of room.appendMany('a', 3)) {
      cached.recent.push(entry);
      room.connection.offer(cached, entry);
    }
    expect(room.transport.seqs()).toEqual([]);
    send('mine', cached, answered);
    expect(room.transport.seqs()).toEqual([1, 2, 3]);
    expect(answered).toEqual(['mine@2']);
  });

  test.each([false, true])(
    'the reply to a repeat follows the event of its entry; batched: %s',
    async (batching) => {
      room.transport = memoryTransport({ capabilities: { batching } });
      room.reopen();
      room.appendMany('a', 3);
      room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 3 }]);
      room.connection.sending('again');
      const sentBefore: number[][] = [];
      room.connection.repeated('again', 'a', 2, () => sentBefore.push(room.transport.seqs()) > 0);
      expect(sentBefore).toEqual([]);
      room.connection.start();
      await until('all entries are sent', () => room.transport.seqs().length === 3);
      room.connection.repeated(
        'once more',
        'a',
        2,
        () => sentBefore.push(room.transport.seqs()) > 0,
      );
      expect(sentBefore).toEqual([upTo(2), upTo(3)]);
    },
  );

  test('the reply to a repeat is given early if its event is held back, and the event is sent once', () => {
    const [first, second] = room.appendMany('a', 2) as [Entry, Entry];
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    room.transport.takeOnly(0);
    const cached = room.local('a', [first, second]);
    room.connection.offer(cached, first);
    room.connection.offer(cached, second);
    let answers = 0;
    room.connection.repeated('again', 'a', 2, () => (answers += 1) > 0);
    room.clock.advance(5_000);
    room.connection.replyOverdue();
    expect(answers).toBe(1);
    room.transport.drain();
    expect(room.transport.seqs()).toEqual([1, 2]);
    expect(answers).toBe(1);
  });

  test('an entry that is read before its send has an outcome waits for the reply', async () => {
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    room.connection.sending('mine');
    const mine = room.append('a', { senderId: ME, id: 'mine' });
    room.append('a');
    room.connection.expect('a', 2, undefined);
    await until('the page is read', () => room.store.reads.length === 1);
    const answered: number[] = [];
    room.connection.offer(undefined, mine, () => answered.push(room.transport.seqs().length) > 0);
    room.connection.expect('a', 2, undefined);
    await until('the following entry is sent', () => room.transport.seqs().length === 1);
    expect([answered, room.transport.seqs()]).toEqual([[0], [2]]);
  });

  test('a message that was stored although its send failed is sent as an event', async () => {
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    room.connection.sending('mine');
    room.append('a', { senderId: ME, id: 'mine' });
    room.connection.expect('a', 1, undefined);
    await until('the page is read', () => room.store.reads.length === 1);
    room.connection.sendFailed('mine', 'a');
    await until('the entry is sent', () => room.transport.seqs().length === 1);
  });

  test('a reply waits for the position if the connection has no cursor', async () => {
    room.appendMany('a', 4);
    room.store.positions.set('a', 2);
    room.connection.begin([]);
    room.connection.start();
    const answered: string[] = [];
    send('mine', room.local('a', []), answered);
    expect(answered).toEqual([]);
    // The two entries before it might still be in transit.
    await until('the position is known', () => room.clock.pending === 1);
    room.clock.advance(10);
    await until('the reply is given', () => answered.length === 1);
    expect(room.transport.seqs()).toEqual([3, 4]);
  });

  test('a send is answered immediately if the device is already past its entry', async () => {
    room.appendMany('a', 4);
    room.store.positions.set('a', 5);
    room.connection.begin([]);
    room.connection.start();
    const answered: string[] = [];
    send('mine', room.local('a', []), answered);
    await until('the reply is given', () => answered.length === 1);
    expect(room.transport.seqs()).toEqual([]);
  });

  test('every reply is given exactly once, even if the conversation or the connection ends', () => {
    room.connection.begin([]);
    room.connection.start();
    const answered: string[] = [];
    const a = room.local('a');
    const b = room.local('b');
    // The replies wait, because there is no position yet.
    send('one', a, answered);
    send('two', b, answered);
    expect(answered).toEqual([]);
    room.connection.leave(conversationRemoved(ME, 'a'));
    room.connection.close();
    room.connection.close();
    room.connection.sending('late');
    room.connection.offer(b, testEntry('b', 9, { id: 'late' }), () => answered.push('late') > 0);
    expect(answered.map((one) => one.split('@')[0])).toEqual(['one', 'two', 'late']);
  });

  test('a client that keeps sending and never acknowledges is disconnected before it exhausts memory', () => {
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    room.transport.takeOnly(0);
    const cached = room.local('a');
    const first = room.append('a');
    cached.recent.push(first);
    room.connection.offer(cached, first);
    const answered: string[] = [];
    for (let i = 0; i < 10_001; i += 1) send(`mine${i}`, cached, answered);
    room.clock.advance(5_000);
    room.connection.replyOverdue();
    expect(answered).toHaveLength(10_001);
    expect(room.transport.closedFor).toBeDefined();
  });
});
