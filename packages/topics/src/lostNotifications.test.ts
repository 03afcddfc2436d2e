import { received, openTopicRoom, type TopicRoom } from './testing/topicRoom';

let room: TopicRoom;
beforeEach(async () => {
  room = await openTopicRoom();
});
afterEach(() => room.close());

describe('lost notifications', () => {
  test('events whose node died between commit and notification arrive by the poll', async () => {
    const [dying, living] = [room.node(), room.node({ pollMs: 50 })];
    const subscriber = await living.subscribe();
    await dying.publish('1');
    await received(subscriber, 1);
    room.network.copies = () => 0;
    await dying.publish('2', '3');
    await dying.log.stop(0);
    await received(subscriber, 3);
    expect(subscriber.data()).toEqual(['1', '2', '3']);
  });

  test('after a lost notification, the next one brings what is missing', async () => {
    const [writer, reader] = [room.node(), room.node()];
    const subscriber = await reader.subscribe();
    room.network.copies = () => 0;
    await writer.publish('1');
    room.network.copies = () => 1;
    await writer.publish('2');
    await received(subscriber, 2);
    expect(subscriber.data()).toEqual(['1', '2']);
  });

  test('a repeat announces an event whose first publish could not', async () => {
    const [writer, reader] = [room.node(), room.node()];
    const subscriber = await reader.subscribe();
    const event = { id: 'a', topics: ['/news'], data: '1' };
    room.network.copies = () => 0;
    await writer.log.publish([event]);
    room.network.copies = () => 1;
    await writer.log.publish([event]);
    await received(subscriber, 1);
    expect(subscriber.data()).toEqual(['1']);
  });

  test('a recovered bus makes the node poll', async () => {
    const [writer, reader] = [room.node(), room.node()];
    const subscriber = await reader.subscribe();
    room.network.cut();
    await writer.publish('1');
    room.network.heal();
    await received(subscriber, 1);
  });

  test('a large batch is announced without its events and read from PostgreSQL', async () => {
    const [writer, reader] = [room.node(), room.node()];
    const subscriber = await reader.subscribe();
    const data = 'x'.repeat(60_000);
    await writer.publish(data, data, data);
    await received(subscriber, 3);
    expect(subscriber.seqs()).toEqual([1, 2, 3]);
  });

  test('when PostgreSQL lost events in a failover, subscribers are notified and get the new ones', async () => {
    const node = room.node({ pollMs: 50 });
    const subscriber = await node.subscribe();
    await node.publish('1', '2', '3');
    await received(subscriber, 3);
    await room.db.query('', 'DELETE FROM topic_events WHERE seq > 1', []);
    await room.db.query('', 'UPDATE topic_logs SET last_seq = 1', []);
    while (subscriber.losses.length === 0) await new Promise(setImmediate);
    await node.publish('new');
    await received(subscriber, 4);
    expect(subscriber.losses).toEqual([2]);
    expect(subscriber.data()).toEqual(['1', '2', '3', 'new']);
  });
});
