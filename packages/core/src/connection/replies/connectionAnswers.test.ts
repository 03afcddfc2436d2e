import { type ConnectionRoom, ME, openConnectionRoom } from '../../testing/connectionRoom';
import { UnavailableError } from '@chasqui/protocol';
import { until } from '@chasqui/testkit';
import type { LocalConversation } from '../../cache/conversationCache';
import { conversationRemoved } from '../../events/conversationEvents';
import { testEntry } from '../../testing/entries';
import { memoryTransport } from '../../testing/memoryTransport';
import type { Entry } from '../../ports/index';

let room: ConnectionRoom;
beforeEach(() => {
  room = openConnectionRoom();
});

const upTo = (n: number, from = 1): number[] =>
  Array.from({ length: n - from + 1 }, (_, i) => from + i);

describe('[D3] the replies to own sends', () => {
  /** Sends and commits, and offers the entry with its reply in one turn, like the send path. */
  function send(id: string, cached: LocalConversation, answered: string[]): void {
    const own = room.connection.beginSend(
      id,
      cached.id,
      () => answered.push(`${id}@${room.transport.frames.length}`) > 0,
    );
    const entry = room.append(cached.id, { senderId: ME, origin: room.transport.id, id });
    cached.recent.push(entry);
    own.stored(cached, entry, entry.event.data);
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
      const own = room.connection.beginSend(id, 'a', () => id !== 'late');
      const entry = room.append('a', { senderId: ME, origin: room.transport.id, id });
      cached.recent.push(entry);
      own.stored(cached, entry, entry.event.data);
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
      const [, second] = room.appendMany('a', 3) as [Entry, Entry];
      room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: 3 }]);
      const sentBefore: number[][] = [];
      const answer = (): boolean => sentBefore.push(room.transport.seqs()) > 0;
      room.connection.beginSend('again', 'a', answer).repeated(second.event.data);
      expect(sentBefore).toEqual([]);
      room.connection.start();
      await until('all entries are sent', () => room.transport.seqs().length === 3);
      room.connection.beginSend('once more', 'a', answer).repeated(second.event.data);
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
    room.connection.beginSend('again', 'a', () => (answers += 1) > 0).repeated(second.event.data);
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
    const answered: number[] = [];
    const own = room.connection.beginSend(
      'mine',
      'a',
      () => answered.push(room.transport.seqs().length) > 0,
    );
    const mine = room.append('a', { senderId: ME, id: 'mine' });
    room.append('a');
    room.connection.expect('a', 2, undefined);
    await until('the page is read', () => room.store.reads.length === 1);
    own.stored(undefined, mine, mine.event.data);
    room.connection.expect('a', 2, undefined);
    await until('the following entry is sent', () => room.transport.seqs().length === 1);
    expect([answered, room.transport.seqs()]).toEqual([[0], [2]]);
  });

  test('a message that was stored although its send failed is sent as an event', async () => {
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    const own = room.connection.beginSend('mine', 'a', () => true);
    room.append('a', { senderId: ME, id: 'mine' });
    room.connection.expect('a', 1, undefined);
    await until('the page is read', () => room.store.reads.length === 1);
    own.failed(new UnavailableError('the store is too slow'));
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
    const late = testEntry('b', 9, { id: 'late' });
    room.connection
      .beginSend('late', 'b', () => answered.push('late') > 0)
      .stored(b, late, late.event.data);
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
