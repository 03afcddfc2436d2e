import {
  connected,
  createPeople,
  findViolations,
  type Instance,
  openInstance,
  type People,
  type PostgresServer,
  type Replica,
  sendUntilAcknowledged,
  startPostgresServer,
  startTcpProxy,
  type TcpProxy,
  until,
} from '@chasqui/testkit';
import { acknowledged, sendContinuously } from '../continuousSender';

// A primary with a synchronous replica, behind an address that follows the primary.

let primary: PostgresServer;
let replica: Replica;
let address: TcpProxy;
let instance: Instance;
let people: People;

beforeEach(async () => {
  primary = await startPostgresServer();
  replica = await primary.startReplica();
  address = await startTcpProxy(Number(new URL(primary.url).port));
  const url = new URL(primary.url);
  url.port = String(address.port);
  instance = await openInstance({
    ...{ nodes: 2, databaseUrl: url.href },
    env: { SWEEP_INTERVAL_MS: '1000', DELIVERY_BACKOFF_MS: '500' },
  });
  await instance.addWorker();
  people = createPeople(instance);
});
afterEach(async () => {
  people.disconnectAll();
  await instance.close();
  await address.close();
  await replica.close();
  await primary.close();
});

test('[fault 37: L, D, O, U, S] no acknowledged message is lost when the primary is killed under load and its replica promoted', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const senders = [ana.device(), ana.on(1).device(), ben.device(), ben.on(1).device()];
  const listeners = [await connected(ben.device()), await connected(ana.on(1).device())];
  for (const device of senders) await connected(device);
  const sends = senders.map((device) => sendContinuously(device, id));
  await until('all devices are sending', () =>
    senders.every((device) => acknowledged(device) > 30),
  );

  await primary.kill();
  const killedAt = performance.now();
  await replica.promote();
  address.retarget(replica.port);
  address.drop();
  const before = senders.map(acknowledged);
  await until('all devices continue on the new primary', () =>
    senders.every((device, i) => acknowledged(device) > (before[i] ?? 0) + 20),
  );
  expect(performance.now() - killedAt).toBeLessThan(30_000);
  await Promise.all(sends.map((one) => one.stop()));

  const attempts = senders.flatMap((device) => device.attempts);
  expect(attempts.filter(({ outcome }) => outcome === 'refused')).toEqual([]);
  await until('every device has every entry', async () => {
    const { last_seq: last } = await ana.conversation(id);
    return listeners.every((one) => one.entries(id).length === last);
  });
  const run = { instance, conversationId: id, people: [ana, ben], devices: listeners, attempts };
  expect(await findViolations(run)).toEqual([]);
});

test('[fault 38: U, D1] while the address leads to a standby, sends fail with clear errors, and succeed after its promotion', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const sender = await connected(ana.device());
  const listener = await connected(ben.on(1).device());
  await sender.send(id, 'before');

  await primary.kill();
  address.retarget(replica.port);
  address.drop();
  const refusals = await until('the standby refuses', async () => {
    const refused = await Promise.all(
      Array.from({ length: 5 }, () =>
        ben.on(1).refused('sendMessage', {
          body: { conversation_id: id, content_encrypted: 'not now' },
        }),
      ),
    );
    return refused.some(({ status }) => status === 503) ? refused : null;
  });
  expect(refusals.map(({ status, name }) => [status, name])).toEqual(
    refusals.map(() => [503, 'UnavailableError']),
  );
  // A standby serves reads like a primary.
  expect((await ben.history(id)).map(({ content_encrypted: text }) => text)).toEqual(['before']);
  const waiting = sendUntilAcknowledged(sender, id, 'after');
  await replica.promote();
  expect(await waiting).toMatchObject({ outcome: 'acknowledged', message: { seq: 2 } });
  await until('the message arrives', () => listener.entries(id).length === 2);
  const { attempts } = sender;
  const run = { instance, conversationId: id, people: [ana, ben], devices: [listener], attempts };
  expect(await findViolations(run)).toEqual([]);
});
