import { createConnections } from '@pern/redis/connections';
import { redisKinds, startAnyRedis } from '@pern/testing/anyRedis';
import { quietLog } from '@pern/testing/quietLog';
import { until } from '@pern/testing/until';
import { createWindow } from './window';

test.each(redisKinds)('on %s two nodes count together, whatever the key', async (kind) => {
  const server = await startAnyRedis(kind);
  const connections = createConnections({ url: server.url, log: quietLog() });
  const node = () => {
    const stores = connections.shards.map((shard) => ({
      redis: connections.open('failing-fast', 'limits', shard),
      tag: shard.tag,
    }));
    const window = createWindow({ name: 'test', points: 3, seconds: 60 }, stores, quietLog());
    return { stores, window };
  };
  const [a, b] = [node(), node()];
  await until('they are connected', () =>
    [...a.stores, ...b.stores].every(({ redis }) => redis.status === 'ready'),
  );
  for (const key of ['ana', 'ben', 'cleo{x}', '{dora}', 'emil', 'fritz', 'gina', '192.0.2.1']) {
    for (const { window } of [a, b, a]) expect(await window.count(key)).toBe(0);
    expect(await b.window.count(key)).toBeGreaterThan(0);
  }
  await connections.close();
  await server.close();
});
