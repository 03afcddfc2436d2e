import { createBus, createRedisConnections, type RedisConnections } from '@chasqui/redis';
import {
  type PostgresServer,
  quietLog,
  type RedisServer,
  releaseGuard,
  startPostgresServer,
  startRedisServer,
  until,
} from '@chasqui/testkit';
import { openTopicRoom, received, recordingSink, type TopicRoom, upTo } from './testing/topicRoom';

describe('Redis', () => {
  let server: RedisServer;
  let room: TopicRoom;
  let opened: RedisConnections[];
  let buses: ReturnType<typeof createBus>[];

  beforeEach(async () => {
    [server, room] = await Promise.all([startRedisServer(), openTopicRoom()]);
    opened = [];
    buses = [];
  });
  afterEach(async () => {
    await room.close();
    await Promise.all(buses.map((bus) => bus.close()));
    await Promise.all(opened.map((redis) => redis.close()));
    await server.close();
  });

  function node(nodeId: string, pollMs?: number) {
    const redis = createRedisConnections({ url: server.url, log: quietLog() });
    const bus = createBus({ redis, nodeId, log: quietLog(), beatMs: 200, silenceMs: 1_000 });
    opened.push(redis);
    buses.push(bus);
    return room.node({ bus, ...(pollMs === undefined ? {} : { pollMs }) });
  }
  const connected = () => until('the bus works', () => buses.every((bus) => bus.connected()));

  test('concurrent publishes of two nodes reach the subscribers of both in order by notifications alone', async () => {
    const nodes = [node('a'), node('b')];
    await connected();
    const subscribers = await Promise.all(nodes.map((each) => each.subscribe()));
    await Promise.all(upTo(100).flatMap((n) => nodes.map((each) => each.publish(`${n}`))));
    for (const subscriber of subscribers) {
      await received(subscriber, 200);
      expect(subscriber.seqs()).toEqual(upTo(200));
    }
  });

  test('[D11] without Redis the same node gets events at once, the other by polling, and nothing is lost when it is back', async () => {
    const [one, other] = [node('a'), node('b', 50)];
    await connected();
    const [here, there] = await Promise.all([one.subscribe(), other.subscribe()]);
    await server.kill();
    await one.publish('1', '2');
    expect(here.data()).toEqual(['1', '2']);
    await received(there, 2);
    await server.start();
    await connected();
    await one.publish('3');
    await received(there, 3);
    for (const subscriber of [here, there]) expect(subscriber.data()).toEqual(['1', '2', '3']);
  });
});

describe('PostgreSQL', () => {
  let server: PostgresServer;
  let room: TopicRoom;
  beforeEach(async () => {
    server = await startPostgresServer();
    room = await openTopicRoom(server.url);
  });
  afterEach(async () => {
    await room.close();
    await server.close();
  });
  afterAll(releaseGuard);

  test('[D11] without PostgreSQL a publish is refused, subscriptions wait, and a repeat arrives once when it is back', async () => {
    const node = room.node({ pollMs: 50 });
    const before = await node.subscribe();
    await node.publish('1');
    await server.kill();
    const event = { id: 'a', topics: ['/news'], data: '2' };
    await expect(node.log.publish([event])).rejects.toMatchObject({ name: 'UnavailableError' });
    const meanwhile = recordingSink();
    const { started } = node.log.subscribe({ after: 'earliest', matches: () => true }, meanwhile);
    await server.start();
    await until('the publish is accepted', () =>
      node.log.publish([event]).then(
        () => true,
        () => false,
      ),
    );
    expect(await started).toEqual({ firstSeq: 1, lost: false });
    for (const sink of [before, meanwhile]) {
      await received(sink, 2);
      expect(sink.data()).toEqual(['1', '2']);
    }
  });

  test('[D11] the first subscriber of a node may come while PostgreSQL is down', async () => {
    await server.kill();
    const node = room.node();
    const sink = recordingSink();
    const { started } = node.log.subscribe({ matches: () => true }, sink);
    await server.start();
    await started;
    await node.publish('1');
    await received(sink, 1);
    expect(sink.data()).toEqual(['1']);
  });
});
