import { type AnyRedis, quietLog, redisKinds, startAnyRedis, until } from '@chasqui/testkit';
import { type RedisConnections, createRedisConnections } from '../connections/connections';
import { createQueueMarker, type QueueMarker } from './queueMarker';

describe.each(redisKinds)('on %s', (kind) => {
  let server: AnyRedis;
  let connections: RedisConnections;
  let marker: QueueMarker;
  let key: string;

  beforeEach(async () => {
    server = await startAnyRedis(kind);
    connections = createRedisConnections({ url: server.url, log: quietLog() });
    marker = createQueueMarker(connections);
    key = `${connections.queueShard.tag}chasqui:queue`;
    await until('Redis answers', () => marker.continues('nothing').then(() => true));
  });
  afterEach(async () => {
    await connections.close();
    await server.close();
  });

  async function makeWhole(): Promise<void> {
    const inspection = await marker.inspect();
    if (inspection.state !== 'lost') throw new Error(`expected lost, is ${inspection.state}`);
    expect(await marker.continues(inspection.token)).toBe(true);
    expect(await marker.finish(inspection.token)).toBe(true);
  }

  test('[D5] the queue is whole after a restoration and lost after FLUSHALL', async () => {
    await makeWhole();
    expect(await marker.inspect()).toEqual({ state: 'whole' });
    await server.everywhere('FLUSHALL');
    await makeWhole();
  });

  test('[D5] one worker restores, and another takes over when it gives up', async () => {
    const first = await marker.inspect();
    expect(await marker.inspect()).toEqual({ state: 'busy' });
    if (first.state === 'lost') await marker.abandon(first.token);
    await makeWhole();
  });

  test('[D5] a FLUSHALL during the restoration is detected', async () => {
    const first = await marker.inspect();
    await server.everywhere('FLUSHALL');
    if (first.state !== 'lost') throw new Error('expected lost');
    expect(await marker.continues(first.token)).toBe(false);
    expect(await marker.finish(first.token)).toBe(false);
    expect((await marker.inspect()).state).toBe('lost');
  });

  test('[D5] a restart counts as a loss even when a snapshot restores the marker', async () => {
    await makeWhole();
    const kept = await server.command(key, 'GET', key);
    await server.kill();
    await server.start();
    await until('Redis accepts writes', () =>
      server.command(key, 'SET', key, '').catch(() => null),
    );
    await server.command(key, 'SET', key, String(kept));
    await until('the loss is detected', async () => (await marker.inspect()).state === 'lost');
  });

  test('workers take turns per job', async () => {
    for (const job of ['sweep', 'audit'] as const) {
      const turns = await Promise.all([marker.takeTurn(job, 60_000), marker.takeTurn(job, 60_000)]);
      expect(turns.filter(Boolean)).toHaveLength(1);
    }
  });
});
