import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { createPeople, openInstance, thisRelease, until } from '@chasqui/testkit';

// Other tests run on one version of Node. This one starts a server and a worker on each other supported version.

const versions = z
  .array(z.string())
  .parse(
    JSON.parse(
      readFileSync(path.join(thisRelease, 'scripts/dependencies/nodeVersions.json'), 'utf8'),
    ),
  );
const majorOf = (version: string): string => version.split('.')[0] ?? '';
const others = versions.filter((one) => majorOf(one) !== majorOf(process.versions.node));

let executables: Record<string, string> = {};
beforeAll(async () => {
  const script = path.join(thisRelease, 'scripts/measuring/testNode.mjs');
  const fetching = promisify(execFile)(process.execPath, [
    ...[script, '--fetch', ...others.map(majorOf)],
  ]);
  const { stdout } = await fetching.catch((error: unknown) => {
    throw new Error(z.object({ stderr: z.string() }).parse(error).stderr.trim());
  });
  executables = z.record(z.string(), z.string()).parse(JSON.parse(stdout));
}, 600_000);

test.each(others)(
  '[D4] on Node %s one message is delivered and read, and another waits for its recipient',
  async (version) => {
    const node = executables[version];
    if (node === undefined) throw new Error(`Node ${version} was not downloaded.`);
    const instance = await openInstance({ node, env: { DELIVERY_BACKOFF_MS: '500' } });
    const people = createPeople(instance);
    try {
      const { ana, ben } = await people.registerAll('ana', 'ben');
      const { id } = await people.direct(ana, ben);
      const sender = ana.device();
      const first = ben.device();
      await Promise.all([sender.connect(), first.connect()]);
      await Promise.all([sender.drained(), first.drained()]);

      await sender.send(id, 'to an online recipient');
      await until('the message arrived', () => first.wire(id).length === 1);
      await first.read(id, 1);
      await until('its author has the receipt', async () => {
        return (await ana.history(id))[0]?.status === 'read';
      });
      first.retire();

      await sender.send(id, 'to an offline recipient');
      await until('the worker tried to wake the recipient', async () => {
        const rows = await instance.sql(
          'SELECT FROM deliveries WHERE user_id = $1 AND attempts > 0',
          [ben.id],
        );
        return rows.length > 0;
      });
      const second = ben.device({ deviceId: first.deviceId });
      await second.connect();
      expect(await second.drained()).toBe(1);
      expect(second.wire(id)).toEqual([2]);
      expect([sender, first, second].flatMap(({ violations }) => violations)).toEqual([]);
    } finally {
      people.disconnectAll();
      await instance.close();
    }
  },
);
