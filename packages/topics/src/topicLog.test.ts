import { ConflictError, ValidationError } from '@chasqui/protocol';
import { openTopicRoom, received, type TopicRoom, upTo } from './testing/topicRoom';

let room: TopicRoom;
beforeEach(async () => {
  room = await openTopicRoom();
});
afterEach(() => room.close());

describe('publish', () => {
  test('concurrent publishes of two nodes reach the subscribers of both in order, without gaps or repetition', async () => {
    const nodes = [room.node(), room.node()];
    const subscribers = await Promise.all(nodes.map((node) => node.subscribe()));
    room.network.copies = () => 2;
    const published = await Promise.all(
      upTo(150).flatMap((n) => nodes.map((node, i) => node.publish(`${i} ${n}`))),
    );
    for (const subscriber of subscribers) {
      await received(subscriber, 300);
      expect(subscriber.seqs()).toEqual(upTo(300));
      // Each node's own events in the order of its calls.
      for (const own of ['0', '1']) {
        const numbers = subscriber.data().filter((data) => data.startsWith(own));
        expect(numbers).toEqual(upTo(150).map((n) => `${own} ${n}`));
      }
    }
    expect(published.flat().sort((a, b) => a - b)).toEqual(upTo(300));
  });

  test('notifications that arrive in another order do not change the order of events', async () => {
    const [writer, reader] = [room.node(), room.node()];
    const subscriber = await reader.subscribe();
    room.network.hold();
    for (const n of upTo(20)) await writer.publish(`${n}`);
    room.network.release((held) => held.reverse());
    await received(subscriber, 20);
    expect(subscriber.data()).toEqual(upTo(20).map(String));
  });

  test('publishes that come during a transaction share the next one', async () => {
    const node = room.node();
    await Promise.all(upTo(100).map((n) => node.publish(`${n}`)));
    expect(node.batches.length).toBeLessThan(10);
    expect(node.batches.reduce((sum, events) => sum + events, 0)).toBe(100);
  });

  test('a repeated id returns the seq of the first publish and stores nothing, on any node', async () => {
    const [first, second] = [room.node(), room.node()];
    const subscriber = await second.subscribe();
    const event = { id: 'order 7', topics: ['/orders'], data: 'paid', private: true };
    const [stored] = await first.log.publish([event]);
    const repeats = await Promise.all([
      ...upTo(5).map(() => first.log.publish([event])),
      ...upTo(5).map(() => second.log.publish([event])),
    ]);
    expect(stored).toEqual({ id: 'order 7', seq: 1, repeated: false });
    for (const [repeat] of repeats) expect(repeat).toEqual({ ...stored, repeated: true });
    expect(await second.publish('next')).toEqual([2]);
    await received(subscriber, 2);
    expect(subscriber.seqs()).toEqual([1, 2]);
  });

  test('repeats within one transaction store the event once', async () => {
    const node = room.node();
    const event = { id: 'same', topics: ['/orders'], data: 'paid' };
    const answers = await Promise.all(upTo(5).map(() => node.log.publish([event])));
    expect(answers.flat().map(({ seq }) => seq)).toEqual([1, 1, 1, 1, 1]);
    expect(answers.flat().filter(({ repeated }) => !repeated)).toHaveLength(1);
  });

  test('another event with the same id is refused, and its neighbours are stored', async () => {
    const node = room.node();
    await node.log.publish([{ id: 'same', topics: ['/orders'], data: 'paid' }]);
    const refused = node.log.publish([{ id: 'same', topics: ['/orders'], data: 'refunded' }]);
    const other = node.publish('other');
    await expect(refused).rejects.toBeInstanceOf(ConflictError);
    expect(await other).toEqual([2]);
  });

  test('an event arrives with all its fields, from memory and from PostgreSQL', async () => {
    const [writer, reader] = [room.node(), room.node()];
    const [here, there] = await Promise.all([writer.subscribe(), reader.subscribe()]);
    const topics = ['/a', 'https://example.org/{"b"},\\', 'ünï'];
    const event = { id: 'e', topics, private: true, type: 'note', data: 'one\ntwo ❤', retry: 200 };
    await writer.log.publish([event]);
    const replayed = await room.node().subscribe('earliest');
    for (const sink of [here, there, replayed]) {
      await received(sink, 1);
      expect(sink.events).toEqual([{ ...event, seq: 1, at: here.events[0]?.at }]);
    }
  });

  test.each([
    ['no topic', { topics: [], data: '' }],
    ['too many topics', { topics: upTo(101).map(String), data: '' }],
    ['an empty topic', { topics: [''], data: '' }],
    ['a long topic', { topics: ['x'.repeat(2_049)], data: '' }],
    ['NUL in a topic', { topics: ['\0'], data: '' }],
    ['NUL in the data', { topics: ['x'], data: '\0' }],
    ['a lone surrogate', { topics: ['x'], data: '\ud83d' }],
    ['a negative retry', { topics: ['x'], data: '', retry: -1 }],
    ['an empty id', { topics: ['x'], data: '', id: '' }],
  ])('an event with %s is refused', async (_name, event) => {
    await expect(room.node().log.publish([event])).rejects.toBeInstanceOf(ValidationError);
  });

  test('data beyond the limit is refused with 413', async () => {
    const publish = room.node().log.publish([{ topics: ['x'], data: 'x'.repeat(65_537) }]);
    await expect(publish).rejects.toMatchObject({ name: 'ValidationError', status: 413 });
  });

  test('two logs have seqs and ids of their own', async () => {
    const [one, other] = [room.node({ name: 'one' }), room.node({ name: 'other' })];
    const subscriber = await other.subscribe();
    const event = { id: 'same', topics: ['/news'], data: 'x' };
    await one.log.publish([event]);
    expect(await other.log.publish([event])).toEqual([{ id: 'same', seq: 1, repeated: false }]);
    await received(subscriber, 1);
    expect(await other.log.last()).toEqual({ id: 'same', seq: 1 });
  });
});

describe('subscribe', () => {
  test.each(['seq', 'id'] as const)('a subscriber resumes by %s on another node', async (by) => {
    const [first, second] = [room.node(), room.node()];
    const before = await first.subscribe();
    await first.publish('1', '2');
    await received(before, 2);
    before.subscription.close();
    await first.publish('3', '4');
    const { seq = 0, id = '' } = before.events[1] ?? {};
    const after = await second.subscribe(by === 'seq' ? { seq } : { id });
    await first.publish('5');
    await received(after, 3);
    expect(after.data()).toEqual(['3', '4', '5']);
    expect(after.start).toEqual({ firstSeq: 3, lost: false });
    expect(before.data()).toEqual(['1', '2']);
  });

  test('subscribers that join while events are published get each event once, in order', async () => {
    const [writer, reader] = [room.node(), room.node()];
    await writer.publish(...upTo(100).map(String));
    const publishing = (async () => {
      for (let n = 101; n <= 400; n += 4)
        await writer.publish(`${n}`, `${n + 1}`, `${n + 2}`, `${n + 3}`);
    })();
    const joined = [];
    for (const n of upTo(40)) {
      joined.push(await reader.subscribe({ seq: n }));
      joined.push(await reader.subscribe());
    }
    await publishing;
    for (const subscriber of joined) {
      const { firstSeq } = subscriber.start;
      await received(subscriber, 401 - firstSeq);
      expect(subscriber.seqs()).toEqual(upTo(400).slice(firstSeq - 1));
      expect(subscriber.losses).toEqual([]);
    }
  });

  test('without a place, what is published after the start arrives and nothing before it', async () => {
    const node = room.node();
    await node.publish('before');
    const subscriber = await node.subscribe();
    await node.publish('after');
    await received(subscriber, 1);
    expect(subscriber.data()).toEqual(['after']);
  });

  test('the first event is sent in a later turn than the start', async () => {
    const node = room.node();
    await node.publish('1');
    const subscriber = await node.subscribe('earliest');
    expect(subscriber.events).toEqual([]);
    await received(subscriber, 1);
  });

  test('whether an event matches is judged when it is sent', async () => {
    const node = room.node();
    let allowed = false;
    await node.publish('1', '2');
    const subscriber = await node.subscribe('earliest', ({ data }) => allowed || data === '1');
    await received(subscriber, 1);
    allowed = true;
    await node.publish('3');
    await received(subscriber, 2);
    expect(subscriber.data()).toEqual(['1', '3']);
  });

  test('a slow subscriber gets everything in order from PostgreSQL, and the others do not wait for it', async () => {
    const node = room.node();
    const [slow, quick] = await Promise.all([node.subscribe(), node.subscribe()]);
    slow.pause(5);
    // More than a node keeps in memory.
    for (const from of upTo(30)) await node.publish(...upTo(50).map((n) => `${from} ${n}`));
    await received(quick, 1_500);
    expect(slow.seqs()).toEqual(upTo(5));
    slow.resume();
    await received(slow, 1_500);
    expect(slow.seqs()).toEqual(upTo(1_500));
    expect(slow.losses).toEqual([]);
    expect(slow.overruns()).toBe(0);
  });

  test('a sink that fills up within a page continues where it stopped', async () => {
    const node = room.node();
    await node.publish(...upTo(90).map(String));
    const other = room.node();
    const subscriber = await other.subscribe('earliest');
    subscriber.pause(7);
    await received(subscriber, 7);
    for (const [more, total] of [
      [60, 67],
      [1, 68],
    ]) {
      subscriber.resume(more);
      await received(subscriber, total ?? 0);
    }
    expect(subscriber.events).toHaveLength(68);
    subscriber.resume();
    await received(subscriber, 90);
    expect(subscriber.seqs()).toEqual(upTo(90));
    expect(subscriber.overruns()).toBe(0);
  });

  test('a closed subscription gets nothing more', async () => {
    const node = room.node();
    const [closed, open] = await Promise.all([node.subscribe(), node.subscribe()]);
    closed.subscription.close();
    closed.subscription.close();
    await node.publish('1');
    await received(open, 1);
    expect(closed.events).toEqual([]);
  });

  test.each([{ id: 'of another log' }, { seq: 99 }])(
    'at an unknown place, %j, history is incomplete and begins with the oldest event',
    async (place) => {
      const node = room.node();
      await node.publish('1', '2');
      const subscriber = await node.subscribe(place);
      await received(subscriber, 2);
      expect(subscriber.start).toEqual({ firstSeq: 1, lost: true });
    },
  );
});
