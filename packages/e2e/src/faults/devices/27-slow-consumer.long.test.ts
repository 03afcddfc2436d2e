import { startTcpProxy, until } from '@chasqui/testkit';
import { figuresOf } from '../figures';
import { connected, openScene, type Scene } from '../scene';

let scene: Scene;
beforeAll(async () => {
  scene = await openScene({ wired: false });
});
afterAll(() => scene.close());

const MIB = 1024 * 1024;
const residentMemory = async (index: number): Promise<number> =>
  (await figuresOf(scene.instance.url(index)))('process_resident_memory_bytes');

test('[fault 27: L] twenty devices read nothing: bounded memory, nobody else is affected, and they get everything later', async () => {
  const { ana, ben, cleo } = await scene.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await scene.people.group(ana, ben, cleo);
  const sender = await connected(ana.device({ brief: true }));
  const listener = await connected(cleo.on(1).device());
  const wire = await startTcpProxy(scene.server(1).port);
  try {
    const urls = [`http://127.0.0.1:${wire.port}`];
    const slow = Array.from({ length: 20 }, () => ben.device({ urls, batch: true }));
    await Promise.all(slow.map((device) => connected(device)));
    const before = await residentMemory(1);
    wire.hold('answers');
    const content = 'x'.repeat(40_000);
    let most = 0;
    let slowest = 0;
    for (let i = 0; i < 40; i += 1) {
      const began = performance.now();
      await Promise.all(Array.from({ length: 20 }, () => sender.send(id, content)));
      await until('who reads has all', () => listener.wire(id).at(-1) === 1 + (i + 1) * 20);
      slowest = Math.max(slowest, performance.now() - began);
      most = Math.max(most, await residentMemory(1));
    }
    // 32 MB waited for each of 20 connections: 640 MB, had it been kept for them.
    expect(most - before).toBeLessThan(250 * MIB);
    expect(slowest).toBeLessThan(3_000);

    wire.drop();
    wire.release();
    const returning = slow.slice(0, 3);
    for (const device of returning) await connected(device, 60_000);
    const run = { conversationId: id, people: [ana, ben, cleo], devices: [listener, ...returning] };
    expect(await scene.verdict({ ...run, attempts: sender.attempts }, 90_000)).toEqual([]);
  } finally {
    await wire.close();
  }
}, 240_000);

test('[fault 27: L] a device that reads at 100 kB a second gets everything, in order', async () => {
  const { ana, ben, id } = await scene.pair();
  const sender = await connected(ana.device({ brief: true }));
  const wire = await startTcpProxy(scene.server(1).port);
  try {
    const device = ben.device({ urls: [`http://127.0.0.1:${wire.port}`] });
    await connected(device);
    wire.throttle(100_000);
    for (let i = 0; i < 100; i += 1) await sender.send(id, 'x'.repeat(10_000));
    const run = { conversationId: id, people: [ana, ben], devices: [device] };
    expect(await scene.verdict({ ...run, attempts: sender.attempts }, 60_000)).toEqual([]);
    expect(device.repeats()).toBe(0);
  } finally {
    await wire.close();
  }
});
