import { WINDOW } from '@chasqui/protocol';
import { until } from '@chasqui/testkit';
import { type ConnectionRoom, ME, openConnectionRoom } from '../testing/connectionRoom';
import { conversationRemoved } from '../events/conversationEvents';
import { memoryTransport } from '../testing/memoryTransport';
import type { Entry } from '../ports/index';

let room: ConnectionRoom;
beforeEach(() => {
  room = openConnectionRoom();
});

const upTo = (n: number, from = 1): number[] =>
  Array.from({ length: n - from + 1 }, (_, i) => from + i);

describe('[R4] the window', () => {
  test('the window counts only messages by others, and opens when they are acknowledged', async () => {
    room.appendMany('own', 700, { senderId: ME });
    room.appendMany('events', 700, { counts: false });
    room.appendMany('a', WINDOW + 50);
    room.connection.begin([
      { conversationId: 'own', position: 0, lastSeq: 700 },
      { conversationId: 'events', position: 0, lastSeq: 700 },
      { conversationId: 'a', position: 0, lastSeq: WINDOW + 50 },
    ]);
    room.connection.start();
    await until('the window is full', () => room.transport.seqs('a').length === WINDOW);
    await until(
      'the remaining entries are sent',
      () => room.transport.seqs().length === WINDOW + 1_400,
    );
    expect(room.connection.blockedBy()).toEqual(['a']);
    expect(room.transport.payloads('chat:queue_empty')).toEqual([]);
    room.connection.release('a', 30);
    expect(room.transport.seqs('a')).toEqual(upTo(WINDOW + 30));
    room.connection.release('a', 30);
    room.connection.release('a', WINDOW);
    await until(
      'the remaining entries are sent',
      () => room.transport.seqs('a').length === WINDOW + 50,
    );
    expect(room.transport.payloads('chat:queue_empty')).toEqual([{ delivered: WINDOW + 1_450 }]);
    expect(room.connection.blockedBy()).toEqual([]);
  });

  test('the window applies to live entries, and removing a conversation frees its slots', async () => {
    room.appendMany('a', WINDOW);
    room.connection.begin([{ conversationId: 'a', position: 0, lastSeq: WINDOW }]);
    room.connection.start();
    await until('the window is full', () => room.transport.seqs('a').length === WINDOW);
    expect(room.transport.payloads('chat:queue_empty')).toEqual([{ delivered: WINDOW }]);
    const live = room.append('b');
    room.connection.expect('b', 0, 0);
    room.connection.offer(room.local('b', [live]), live);
    expect(room.transport.seqs('b')).toEqual([]);
    room.connection.leave(conversationRemoved(ME, 'a'));
    expect(room.transport.seqs('b')).toEqual([1]);
  });

  test('an entry acknowledged before it was sent uses no slot', async () => {
    room.appendMany('a', WINDOW + 10);
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 10, 0);
    await until('ten are sent', () => room.transport.seqs('a').length === 10);
    // Acknowledged on another connection of the device.
    room.connection.release('a', WINDOW);
    room.connection.expect('a', WINDOW + 10, undefined);
    await until('all entries are sent', () => room.transport.seqs('a').length === WINDOW + 10);
    expect(room.connection.blockedBy()).toEqual([]);
  });

  test('a full transport pauses the pump until it drains', async () => {
    const entries = room.appendMany('a', 20);
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    room.transport.takeOnly(7);
    const cached = room.local('a', entries);
    for (const entry of entries) room.connection.offer(cached, entry);
    expect(room.transport.seqs()).toEqual(upTo(7));
    room.transport.drain();
    expect(room.transport.seqs()).toEqual(upTo(20));
  });

  test('[D3] a full transport delays the replies of a conversation for at most five seconds', () => {
    const [first] = room.appendMany('a', 1) as [Entry];
    room.connection.begin([]);
    room.connection.start();
    room.connection.expect('a', 0, 0);
    room.transport.takeOnly(0);
    const mine = room.append('a', { senderId: ME, origin: room.transport.id, id: 'mine' });
    const answered: string[] = [];
    const own = room.connection.beginSend('mine', 'a', () => answered.push('mine') > 0);
    const cached = room.local('a', [first, mine]);
    room.connection.offer(cached, first);
    own.stored(cached, mine, mine.event.data);
    room.clock.advance(4_999);
    room.connection.replyOverdue();
    expect(answered).toEqual([]);
    room.clock.advance(1);
    room.connection.replyOverdue();
    room.connection.replyOverdue();
    room.transport.drain();
    expect(answered).toEqual(['mine']);
    expect(room.transport.seqs()).toEqual([1]);
  });
});

describe('batches', () => {
  test('a batch contains at most 100 messages and 131,072 characters, in order', async () => {
    room.transport = memoryTransport({ capabilities: { batching: true } });
    room.reopen();
    room.appendMany('a', 250);
    const json = JSON.stringify({
      conversation_id: 'b',
      seq: 0,
      content_encrypted: 'x'.repeat(49_000),
    });
    for (let seq = 1; seq <= 5; seq += 1)
      room.append('b', { json: json.replace('0', String(seq)) });
    room.connection.begin([
      { conversationId: 'a', position: 0, lastSeq: 250 },
      { conversationId: 'b', position: 0, lastSeq: 5 },
    ]);
    room.connection.start();
    await until(
      'all entries are sent',
      () => room.transport.payloads('chat:queue_empty').length === 1,
    );
    const sizes = room.transport.frames.map(({ event, payload }) =>
      event === 'chat:messages_received' ? (payload as { messages: unknown[] }).messages.length : 1,
    );
    expect([room.transport.seqs('a'), room.transport.seqs('b')]).toEqual([upTo(250), upTo(5)]);
    expect(Math.max(...sizes)).toBe(100);
    for (const { payload } of room.transport.frames) {
      expect(JSON.stringify(payload).length).toBeLessThanOrEqual(131_072 + 200);
    }
    expect(room.transport.frames.at(-1)?.event).toBe('chat:queue_empty');
  });
});
