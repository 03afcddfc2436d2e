import {
  createHttpClient,
  createPeople,
  createRestClient,
  type Device,
  type Instance,
  findViolations,
  openInstance,
  type People,
  type Person,
  type PostgresServer,
  sendUntilAcknowledged,
  startPostgresServer,
  until,
} from '@chasqui/testkit';

// D1 and faults 1 to 4, 15, 16, 20, 24: kill -9 of server, worker and PostgreSQL, one at a time.

let postgres: PostgresServer;
let instance: Instance;
let people: People;
beforeAll(async () => {
  postgres = await startPostgresServer();
  instance = await openInstance({
    ...{ nodes: 2, databaseUrl: postgres.url },
    env: { SWEEP_INTERVAL_MS: '1000', DELIVERY_BACKOFF_MS: '300' },
  });
  people = createPeople(instance);
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
  await postgres.close();
});

interface Chat {
  id: string;
  ana: Person;
  ben: Person;
  cleo: Person;
  sender: Device;
  live: Device;
  /** Offline at first. */
  away: Device;
}

async function openChat(): Promise<Chat> {
  const { ana, ben, cleo } = await people.registerAll('ana', 'ben', 'cleo');
  const { id } = await people.group(ana, ben, cleo);
  const urls = [instance.url(0), instance.url(1)];
  const sender = ana.device({ urls });
  const live = ben.device({ urls });
  const away = cleo.device({ urls: [instance.url(1)] });
  await away.connect();
  await away.drained();
  await until('the first entry arrived', () => away.wire(id).length === 1);
  await sender.stayConnected();
  await live.stayConnected();
  await until('the first entry is acknowledged', async () => {
    const { my } = await cleo.conversation(id);
    return my.delivered_seq === 1;
  });
  away.disconnect();
  return { id, ana, ben, cleo, sender, live, away };
}

/** Sends in several concurrent lanes until stopped; resolves to the number of messages. */
function traffic({ sender, id }: Chat) {
  let going = true;
  let count = 0;
  const lane = async (name: number): Promise<void> => {
    while (going) {
      count += 1;
      const attempt = await sendUntilAcknowledged(sender, id, `lane ${name}, ${count}`);
      expect(attempt.outcome).toBe('acknowledged');
    }
  };
  const lanes = Promise.all([1, 2, 3, 4, 5].map(lane));
  return {
    atLeast: (more: number) => {
      const goal = count + more;
      return until(`${more} more were sent`, () => count >= goal, 45_000);
    },
    async stop() {
      going = false;
      await lanes;
      return count;
    },
  };
}

async function settle(here: Chat, count: number): Promise<void> {
  const { id, ana, ben, cleo, sender, live, away } = here;
  await until('the live device has every message', () => live.entries(id).length === count + 1);
  await until('the sender has every message', () => sender.entries(id).length === count + 1);
  await away.connect();
  const delivered = await away.drained();
  expect([delivered, away.wire(id).length]).toEqual([count, count]);
  const devices = [sender, live, away];
  const { attempts } = sender;
  expect(
    await findViolations({
      instance,
      conversationId: id,
      people: [ana, ben, cleo],
      devices,
      attempts,
    }),
  ).toEqual([]);
  await until('everything is acknowledged', async () => {
    const { my } = await cleo.conversation(id);
    return my.delivered_seq === count + 1;
  });
  await away.connect();
  expect(await away.drained()).toBe(0);
  sender.disconnect();
  live.disconnect();
}

test('[D1] when a server is killed under load, clients continue on the other one and nothing is lost or duplicated', async () => {
  const here = await openChat();
  const sending = traffic(here);
  for (const index of [0, 1]) {
    await sending.atLeast(150);
    const node = instance.nodes[index];
    await node?.program.kill();
    await sending.atLeast(100);
    await node?.restart();
  }
  await sending.atLeast(50);
  await settle(here, await sending.stop());
});

test('[D1] an offline recipient receives everything although the worker is killed three times', async () => {
  const here = await openChat();
  const sending = traffic(here);
  for (let i = 0; i < 3; i++) {
    await sending.atLeast(30);
    await instance.worker().program.kill();
    await sending.atLeast(30);
    await instance.worker().restart();
  }
  const count = await sending.stop();
  await until('the recipient has a job', async () => {
    const keys = await instance.redis.command('KEYS', 'bull:message_delivery:*');
    const data = await Promise.all(
      (Array.isArray(keys) ? keys.map(String) : []).map((key) =>
        instance.redis.command('HGET', key, 'data').catch(() => null),
      ),
    );
    return data.some((text) => typeof text === 'string' && text.includes(here.cleo.id));
  });
  await settle(here, count);
});

test('[D1] when PostgreSQL is killed under load, errors are clear, no acknowledgement is false, and service resumes', async () => {
  const here = await openChat();
  const sending = traffic(here);
  await sending.atLeast(150);
  await postgres.kill();
  const http = createHttpClient(instance.url());
  await until('readiness reports it', async () => (await http('GET', '/readyz')).status === 503);
  const refused = await here.ben.refused('sendMessage', {
    body: { conversation_id: here.id, content_encrypted: 'now' },
  });
  expect(refused).toMatchObject({ status: 503, name: 'UnavailableError' });
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await http('GET', '/healthz')).status).toBe(200);
  await postgres.start();
  await sending.atLeast(150);
  await settle(here, await sending.stop());
  for (const { program } of instance.nodes) expect(program.isRunning()).toBe(true);
  expect(instance.worker().program.isRunning()).toBe(true);
});

test('[D11] server and worker start and stop within 10 s without PostgreSQL', async () => {
  const [node] = instance.nodes;
  const worker = instance.worker();
  if (!node) throw new Error('no node');
  await node.program.stop();
  await worker.program.stop();
  await postgres.kill();
  await Promise.all([node.restart(), worker.restart()]);
  const rest = createRestClient(node.url);
  expect((await rest.call('readReadiness')).status).toBe(503);
  for (const { code, tookMs } of await Promise.all([node.program.stop(), worker.program.stop()])) {
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(10_000);
  }
  await Promise.all([node.restart(), worker.restart()]);
  await postgres.start();
  await until(
    'the node is ready',
    async () => (await rest.call('readReadiness')).body.status === 'ok',
  );
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const device = ben.device();
  await device.connect();
  await ana.send(id, 'hello');
  await until('the message arrived', () => device.wire(id).length === 1);
});

test('[D10] users of a killed node are shown as offline within 30 s', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  await people.direct(ana, ben);
  const watcher = ben.on(1).device();
  await watcher.connect();
  const phone = ana.device();
  await phone.connect();
  const statuses = () =>
    watcher
      .received('user:status_changed')
      .map((data) => data as { userId: string; status: string })
      .filter(({ userId }) => userId === ana.id)
      .map(({ status }) => status);
  await until('online', () => statuses().at(-1) === 'online');
  await instance.nodes[0]?.program.kill();
  const began = performance.now();
  await until('offline', () => statuses().at(-1) === 'offline', 31_000);
  expect(performance.now() - began).toBeLessThan(30_000);
  expect(statuses()).toEqual(['online', 'offline']);
  await instance.nodes[0]?.restart();
});
