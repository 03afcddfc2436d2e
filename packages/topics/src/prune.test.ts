import { pruneTopicEvents } from './prune';
import { openTopicRoom, received, type TopicRoom, upTo } from './testing/topicRoom';

const HOUR_MS = 3_600_000;

let room: TopicRoom;
beforeEach(async () => {
  room = await openTopicRoom();
});
afterEach(() => room.close());

const age = (lastSeq: number): Promise<unknown> =>
  room.db.query(
    '',
    `UPDATE topic_events SET published_at = published_at - interval '2 hours' WHERE seq <= $1`,
    [lastSeq],
  );

test('events beyond their time are deleted, the others stay', async () => {
  const node = room.node();
  await node.publish('1', '2', '3');
  await age(2);
  expect(await pruneTopicEvents(room.db, HOUR_MS)).toEqual({ pruned: 2, more: false });
  expect(await pruneTopicEvents(room.db, HOUR_MS)).toEqual({ pruned: 0, more: false });
  const subscriber = await node.subscribe('earliest');
  await received(subscriber, 1);
  expect(subscriber.seqs()).toEqual([3]);
  expect(subscriber.start).toEqual({ firstSeq: 3, lost: false });
});

test('a step deletes at most 500 events, and several workers share the work', async () => {
  const node = room.node();
  for (const n of upTo(12)) await node.publish(...upTo(100).map((i) => `${n} ${i}`));
  await age(1_200);
  expect(await pruneTopicEvents(room.db, HOUR_MS)).toEqual({ pruned: 500, more: true });
  const steps = await Promise.all(upTo(4).map(() => pruneTopicEvents(room.db, HOUR_MS)));
  const pruned = steps.reduce((sum, step) => sum + step.pruned, 0);
  expect(pruned + (await pruneTopicEvents(room.db, HOUR_MS)).pruned).toBe(700);
  expect(await node.publish('next')).toEqual([1_201]);
});

test('what is left has no gap, although a clock was set back', async () => {
  const node = room.node();
  await node.publish('1', '2', '3', '4');
  await age(4);
  await room.db.query('', 'UPDATE topic_events SET published_at = now() WHERE seq = 2', []);
  await pruneTopicEvents(room.db, HOUR_MS);
  const subscriber = await node.subscribe('earliest');
  await received(subscriber, 3);
  expect(subscriber.seqs()).toEqual([2, 3, 4]);
});

test.each(['seq', 'id'] as const)(
  'a subscriber that resumes by %s behind pruned events is notified that history is incomplete',
  async (by) => {
    const node = room.node();
    const [, second] = await node.log.publish(
      ['a', 'b', 'c', 'd'].map((id) => ({ id, topics: ['/news'], data: id })),
    );
    await age(3);
    await pruneTopicEvents(room.db, HOUR_MS);
    const place = by === 'seq' ? { seq: second?.seq ?? 0 } : { id: second?.id ?? '' };
    const subscriber = await room.node().subscribe(place);
    await received(subscriber, 1);
    expect(subscriber.start).toEqual({ firstSeq: 4, lost: true });
    expect(subscriber.data()).toEqual(['d']);
  },
);

test('nothing is lost when only what the subscriber has was pruned', async () => {
  const node = room.node();
  await node.publish('1', '2', '3');
  await age(2);
  await pruneTopicEvents(room.db, HOUR_MS);
  const subscriber = await node.subscribe({ seq: 2 });
  await received(subscriber, 1);
  expect(subscriber.start).toEqual({ firstSeq: 3, lost: false });
});

test('a slow subscriber is notified when events were pruned before it got them', async () => {
  const node = room.node();
  const slow = await node.subscribe();
  slow.pause(1);
  for (const n of upTo(11)) await node.publish(...upTo(100).map((i) => `${n} ${i}`));
  await age(50);
  await pruneTopicEvents(room.db, HOUR_MS);
  slow.resume();
  await received(slow, 1_051);
  expect(slow.losses).toEqual([51]);
  expect(slow.seqs()).toEqual([1, ...upTo(1_100).slice(50)]);
});

test('an id is free again when its event was pruned', async () => {
  const node = room.node();
  await node.log.publish([{ id: 'a', topics: ['/news'], data: 'old' }]);
  await age(1);
  await pruneTopicEvents(room.db, HOUR_MS);
  const again = await node.log.publish([{ id: 'a', topics: ['/news'], data: 'new' }]);
  expect(again).toEqual([{ id: 'a', seq: 2, repeated: false }]);
});
