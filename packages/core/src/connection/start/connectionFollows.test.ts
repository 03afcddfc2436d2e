import { WINDOW } from '@chasqui/protocol';
import { until } from '@chasqui/testkit';
import { conversationRemoved } from '../../events/conversationEvents';
import { type ConnectionRoom, ME, openConnectionRoom } from '../../testing/connectionRoom';

let room: ConnectionRoom;
beforeEach(() => {
  room = openConnectionRoom([]);
  room.connection.begin([]);
  room.connection.start();
});

/** Follows a conversation; resolves with whether ME is a participant, and what had been sent by then. */
const follow = (conversationId: string, since?: number) =>
  new Promise<{ isParticipant: boolean; sent: number[] }>((resolve) => {
    room.connection.follow(conversationId, {
      since,
      located: (isParticipant) =>
        resolve({ isParticipant, sent: room.transport.seqs(conversationId) }),
    });
  });

test('a connection that names its conversations delivers no other, live or announced', async () => {
  const [, entry] = room.appendMany('other', 2);
  if (entry === undefined) throw new Error('no entry');
  room.connection.expect('other', 2, 0);
  room.connection.offer(room.local('other', [entry]), entry);
  room.appendMany('a', 1);
  await follow('a');
  await until('the followed one is sent', () => room.transport.seqs('a').length === 1);
  expect(room.transport.seqs('other')).toEqual([]);
  expect(room.store.reads.flat().map(({ conversationId }) => conversationId)).toEqual(['a']);
});

test('[D4] following delivers what the device has not acknowledged, then live entries', async () => {
  room.appendMany('a', 5);
  room.store.positions.set('a', 2);
  expect(await follow('a')).toEqual({ isParticipant: true, sent: [] });
  await until('the rest is sent', () => room.transport.seqs('a').length === 3);
  const live = room.append('a');
  room.connection.offer(room.local('a', [live]), live);
  expect(room.transport.seqs('a')).toEqual([3, 4, 5, 6]);
});

test('`since` takes precedence over the position of the device, also over one that is read meanwhile', async () => {
  room.appendMany('a', 5);
  room.store.positions.set('a', 5);
  const located = follow('a', 3);
  room.connection.expect('a', 5, 5);
  await located;
  await until('the rest is sent', () => room.transport.seqs('a').length === 2);
  expect(room.transport.seqs('a')).toEqual([4, 5]);
});

test('a `since` beyond the last entry is cut to it, so that the next entry is delivered', async () => {
  room.appendMany('a', 2);
  await follow('a', 40);
  const live = room.append('a');
  room.connection.offer(room.local('a', [live]), live);
  expect(room.transport.seqs('a')).toEqual([3]);
});

test('[D9] following reports that the user is no participant, and delivers once they have joined', async () => {
  expect(await follow('a')).toEqual({ isParticipant: false, sent: [] });
  room.appendMany('a', 3);
  room.store.joined.set('a', 3);
  room.connection.expect('a', 3, 2);
  await until('sent from joining on', () => room.transport.seqs('a').length === 1);
  expect(room.transport.seqs('a')).toEqual([3]);
  room.connection.leave(conversationRemoved(ME, 'a'));
  room.append('a');
  room.store.joined.delete('a');
  room.connection.expect('a', 4, undefined);
  await until('its membership was checked', () => room.failures.length === 0);
  expect(room.transport.seqs('a')).toEqual([3]);
});

test('[R4] unfollowing stops delivery and frees the slots of the window', async () => {
  room.appendMany('a', WINDOW + 1);
  room.appendMany('b', 1);
  await follow('a');
  await until('the window is full', () => room.transport.seqs('a').length === WINDOW);
  await follow('b');
  expect(room.transport.seqs('b')).toEqual([]);
  room.connection.unfollow('a');
  await until('the other conversation is sent', () => room.transport.seqs('b').length === 1);
  expect(room.transport.seqs('a')).toHaveLength(WINDOW);
  // Followed again, it continues at the position of the device.
  room.store.positions.set('a', WINDOW);
  await follow('a');
  await until('the last one is sent', () => room.transport.seqs('a').length === WINDOW + 1);
});

test('following all delivers announced conversations; then only the named ones again', async () => {
  room.appendMany('a', 1);
  room.appendMany('b', 1);
  await follow('a');
  room.connection.followAll(true);
  room.connection.expect('b', 1, 0);
  await until('both are sent', () => room.transport.seqs().length === 2);
  room.connection.followAll(false);
  for (const id of ['a', 'b']) {
    const entry = room.append(id);
    room.connection.offer(room.local(id, [entry]), entry);
  }
  expect([room.transport.seqs('a'), room.transport.seqs('b')]).toEqual([[1, 2], [1]]);
});

test('[D11] following waits while PostgreSQL is gone', async () => {
  room.appendMany('a', 2);
  room.store.failing = true;
  const located = follow('a');
  await until('a read has failed', () => room.failures.length > 0);
  room.store.failing = false;
  room.clock.advance(1_000);
  expect(await located).toEqual({ isParticipant: true, sent: [] });
  await until('all are sent', () => room.transport.seqs('a').length === 2);
});

test('[D4] a live entry before the client has resumed does not start delivery at the position of the device', async () => {
  room = openConnectionRoom();
  const entries = room.appendMany('a', 5);
  room.store.positions.set('a', 1);
  for (const entry of entries.slice(4)) room.connection.offer(room.local('a', [entry]), entry);
  const other = room.append('b');
  room.connection.offer(room.local('b', [other]), other);
  // The device's positions are read by now.
  await new Promise(setImmediate);
  const early = room.connection.forgetPositions();
  expect(early.map(({ conversationId, target }) => [conversationId, target])).toEqual([
    ['a', 5],
    ['b', 1],
  ]);
  room.connection.begin([{ conversationId: 'a', position: 3, lastSeq: 5 }]);
  for (const { conversationId, target } of early) {
    room.connection.expect(conversationId, target, undefined);
  }
  room.connection.start();
  await until('all are sent', () => room.transport.seqs().length === 3);
  expect([room.transport.seqs('a'), room.transport.seqs('b')]).toEqual([[4, 5], [1]]);
});
