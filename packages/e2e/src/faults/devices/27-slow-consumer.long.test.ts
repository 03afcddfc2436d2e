import { connected, startTcpProxy, until } from '@chasqui/testkit';
import { metricsOf } from '../metrics';
import { openFaultFixture, type FaultFixture } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture({ proxied: false });
});
afterAll(() => fixture.close());

const MIB = 1024 * 1024;
const residentMemory = async (index: number): Promise<number> =>
  (await metricsOf(fixture.instance.url(index)))('process_resident_memory_bytes');

test('[fault 27: L] twenty devices that read nothing use bounded memory, affect no other user, and receive everything later', async () => {
  const { ana, ben, cleo } = await fixture.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await fixture.people.group(ana, ben, cleo);
  const sender = await connected(ana.device({ brief: true }));
  const listener = await connected(cleo.on(1).device());
  const proxy = await startTcpProxy(fixture.server(1).port);
  try {
    const urls = [`http://127.0.0.1:${proxy.port}`];
    const slow = Array.from({ length: 20 }, () => ben.device({ urls, batch: true }));
    await Promise.all(slow.map((device) => connected(device)));
    const before = await residentMemory(1);
    proxy.hold('answers');
    const content = 'x'.repeat(40_000);
    let most = 0;
    let slowest = 0;
    for (let i = 0; i < 40; i += 1) {
      const began = performance.now();
      await Promise.all(Array.from({ length: 20 }, () => sender.send(id, content)));
      await until(
        'the reading device has every message',
        () => listener.wire(id).at(-1) === 1 + (i + 1) * 20,
      );
      slowest = Math.max(slowest, performance.now() - began);
      most = Math.max(most, await residentMemory(1));
    }
    // 32 MB per connection: buffering it for all 20 would take 640 MB.
    expect(most - before).toBeLessThan(250 * MIB);
    expect(slowest).toBeLessThan(3_000);

    proxy.drop();
    proxy.release();
    const returning = slow.slice(0, 3);
    for (const device of returning) await connected(device, 60_000);
    const run = { conversationId: id, people: [ana, ben, cleo], devices: [listener, ...returning] };
    expect(await fixture.violations({ ...run, attempts: sender.attempts }, 90_000)).toEqual([]);
  } finally {
    await proxy.close();
  }
}, 240_000);

test('[fault 27: L] a device that reads 100 kB per second receives everything in order', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device({ brief: true }));
  const proxy = await startTcpProxy(fixture.server(1).port);
  try {
    const device = ben.device({ urls: [`http://127.0.0.1:${proxy.port}`] });
    await connected(device);
    proxy.throttle(100_000);
    for (let i = 0; i < 100; i += 1) await sender.send(id, 'x'.repeat(10_000));
    const run = { conversationId: id, people: [ana, ben], devices: [device] };
    expect(await fixture.violations({ ...run, attempts: sender.attempts }, 60_000)).toEqual([]);
    expect(device.repeats()).toBe(0);
  } finally {
    await proxy.close();
  }
});
