import { connected, startTcpProxy, until } from '@chasqui/testkit';
import { openFaultFixture, type FaultFixture, upTo } from '../faultFixture';

let fixture: FaultFixture;
beforeAll(async () => {
  fixture = await openFaultFixture();
});
afterAll(() => fixture.close());

test('[fault 18: D, S] messages that a client did not acknowledge before it died are sent again and counted once', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  const lost = await connected(ben.device({ acknowledges: false }));
  for (let i = 0; i < 10; i += 1) await sender.send(id, `message ${i}`);
  await until('all messages were sent', () => lost.wire(id).length === 10);
  lost.socket().io.engine.close();
  const before = await ben.conversation(id);
  expect(before.my).toMatchObject({ unread_count: 10, delivered_seq: 0, read_seq: 0 });
  const again = await connected(ben.on(1).device({ deviceId: lost.deviceId }));
  expect(again.wire(id)).toEqual(upTo(10));
  await until(
    'the messages are acknowledged',
    async () => (await ben.conversation(id)).my.delivered_seq === 10,
  );
  expect((await ben.conversation(id)).my.unread_count).toBe(10);
  await again.read(id, 4);
  expect((await ben.conversation(id)).my).toMatchObject({ unread_count: 6, read_seq: 4 });
  const run = { conversationId: id, people: [ana, ben], devices: [again, lost] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  const statuses = sender.received('chat:message_status_updated');
  expect(statuses.length).toBeGreaterThan(0);
});

test('[fault 19: D] messages whose acknowledgement was lost are sent again and shown once', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  const proxy = await startTcpProxy(fixture.server(1).port);
  try {
    const device = ben.device({ urls: [`http://127.0.0.1:${proxy.port}`] });
    await connected(device);
    proxy.hold('requests');
    for (let i = 0; i < 10; i += 1) await sender.send(id, `message ${i}`);
    await until('the device has every message', () => device.wire(id).length === 10);
    await until('its acknowledgement is in flight', () => proxy.held() > 0);
    proxy.drop();
    proxy.release();
    expect((await ben.conversation(id)).my.delivered_seq).toBe(0);
    await connected(device);
    expect(device.wire(id)).toEqual(upTo(10));
    expect(device.repeats()).toBe(10);
    await until(
      'the acknowledgement is stored',
      async () => (await ben.conversation(id)).my.delivered_seq === 10,
    );
    await connected(device);
    expect(device.wire(id)).toEqual([]);
    const run = { conversationId: id, people: [ana, ben], devices: [device] };
    expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  } finally {
    await proxy.close();
  }
});

test('[fault 20: L, D] each of two devices receives everything once, one of them offline', async () => {
  const { ana, ben, id } = await fixture.pair();
  const sender = await connected(ana.device());
  const phone = await connected(ben.device());
  const laptop = await connected(ben.on(1).device());
  await sender.send(id, 'to both');
  await until('both have the message', () =>
    [phone, laptop].every((one) => one.wire(id).length === 1),
  );
  await until('both acknowledged', async () => {
    const [row] = await fixture.instance.sql<{ cursors: Record<string, number> }>(
      'SELECT cursors FROM participants WHERE conversation_id = $1 AND user_id = $2',
      [id, ben.id],
    );
    return Object.values(row?.cursors ?? {}).filter((seq) => seq === 1).length === 2;
  });
  phone.disconnect();
  for (let i = 0; i < 20; i += 1) await sender.send(id, `message ${i}`);
  await until('the laptop has every message', () => laptop.wire(id).length === 21);
  await until('the laptop has acknowledged', async () => {
    return (await ben.conversation(id)).my.delivered_seq === 21;
  });
  await connected(phone);
  expect(phone.wire(id)).toEqual(upTo(20, 2));
  const run = { conversationId: id, people: [ana, ben], devices: [phone, laptop] };
  expect(await fixture.violations({ ...run, attempts: sender.attempts })).toEqual([]);
  expect([phone.repeats(), laptop.repeats()]).toEqual([0, 0]);
});
