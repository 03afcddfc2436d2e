import { randomUUID } from 'node:crypto';
import {
  connected,
  createRestClient,
  type Device,
  findViolations,
  medianOf,
  millisecondsOf,
  type Person,
  startTcpProxy,
  until,
} from '@chasqui/testkit';
import { setUpAcceptanceSuite } from '../../testing/acceptanceSuite';

// D11 and faults 5, 6, 10, 11, 13, 14, 30: Redis is killed, frozen, emptied and restarted.

const suite = setUpAcceptanceSuite({
  ...{ nodes: 2, env: { SWEEP_INTERVAL_MS: '1000', DELIVERY_BACKOFF_MS: '500' } },
});
afterEach(async () => {
  suite.instance.redis.thaw();
  for (const { program } of suite.instance.nodes.slice(0, 2))
    expect(program.isRunning()).toBe(true);
  expect(suite.instance.worker().program.isRunning()).toBe(true);
  await until('both nodes are ready', async () => {
    const states = await Promise.all([ready(0), ready(1)]);
    return states.every(({ status }) => status === 'ok');
  });
});

const ready = async (node: number) =>
  (await createRestClient(suite.instance.url(node)).call('readReadiness')).body;

interface Chat {
  id: string;
  ana: Person;
  ben: Person;
  cleo: Person;
  /** `sender` and `near` are on the first node, `far` on the second. */
  sender: Device;
  near: Device;
  far: Device;
}

async function openChat(): Promise<Chat> {
  const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
  const { id } = await suite.people.group(ana, ben, cleo);
  const sender = await connected(ana.device());
  const near = await connected(ben.device());
  const far = await connected(cleo.on(1).device());
  await until('the first entry arrived', () => near.wire(id).length + far.wire(id).length === 2);
  return { id, ana, ben, cleo, sender, near, far };
}

async function violationsOf({ id, ana, ben, cleo, sender, near, far }: Chat, more: Device[] = []) {
  return findViolations({
    ...{ instance: suite.instance, conversationId: id, people: [ana, ben, cleo] },
    ...{ devices: [sender, near, far, ...more], attempts: sender.attempts },
  });
}

const jobsOf = async (person: Person): Promise<number> => {
  const keys = await suite.instance.redis.command('KEYS', 'bull:message_delivery:*');
  let found = 0;
  for (const key of Array.isArray(keys) ? keys.map(String) : []) {
    const data = await suite.instance.redis.command('HGET', key, 'data').catch(() => null);
    if (typeof data === 'string' && data.includes(person.id)) found += 1;
  }
  return found;
};

test('[D11] with Redis down for 15 s, sends are acknowledged and live on the node, and delivered elsewhere afterwards', async () => {
  const here = await openChat();
  const { id, ana, sender, near, far } = here;
  const dora = await suite.people.register();
  await ana.call('addParticipant', { params: { id }, body: { user_id: dora.id } });
  await until(
    'both have the message',
    () => near.wire(id).length === 2 && far.wire(id).length === 2,
  );
  await suite.instance.redis.kill();
  const down = performance.now();
  const tookMs: number[] = [];
  let count = 0;
  await until('15 s have passed, with a send and a broadcast at every poll', async () => {
    tookMs.push(
      await millisecondsOf(async () => {
        expect((await sender.send(id, `down ${count++}`)).outcome).toBe('acknowledged');
      }),
    );
    await sender.ask('chat:typing', { conversationId: id, isTyping: true });
    return performance.now() - down > 15_000;
  });
  expect(tookMs.length).toBeGreaterThan(15);
  // Less than the half second that Redis gets to respond: a send does not depend on it.
  expect(medianOf(tookMs)).toBeLessThan(400);
  expect(Math.max(...tookMs)).toBeLessThan(10_000);
  await until('the near device has every message', () => near.entries(id).length === count + 2);
  expect(await ready(0)).toEqual({ status: 'degraded', postgres: 'ok', redis: 'down' });
  expect((await ana.call('listConversations')).status).toBe(200);
  expect((await ana.send(id, 'by REST')).status).toBe('sent');
  const login = await createRestClient(suite.instance.url()).call('login', { body: ana });
  expect(login.status).toBe(200);

  await suite.instance.redis.start();
  await until('the far device has every message', () => far.entries(id).length === count + 3);
  await until('the offline user has a job', async () => (await jobsOf(dora)) === 1);
  const late = dora.on(1).device();
  await late.connect();
  expect(await late.drained()).toBe(count + 2);
  expect(await violationsOf(here, [late])).toEqual([]);
});

test('[D11] with Redis frozen, sends are acknowledged at once, and everything arrives after it resumes', async () => {
  const here = await openChat();
  const { id, sender, near, far } = here;
  suite.instance.redis.freeze();
  const tookMs: number[] = [];
  for (let i = 0; i < 30; i++) {
    const send = async () =>
      expect((await sender.send(id, `frozen ${i}`)).outcome).toBe('acknowledged');
    tookMs.push(await millisecondsOf(send));
  }
  expect(medianOf(tookMs)).toBeLessThan(400);
  expect(Math.max(...tookMs)).toBeLessThan(10_000);
  await until('the near device has every message', () => near.entries(id).length === 31);
  await until('readiness reports it', async () => (await ready(0)).status === 'degraded');
  suite.instance.redis.thaw();
  await until('the far device has every message', () => far.entries(id).length === 31);
  expect(await violationsOf(here)).toEqual([]);
});

test('a Redis killed and restarted empty loses and duplicates nothing', async () => {
  const here = await openChat();
  const { id, ana, ben, sender, near, far } = here;
  near.disconnect();
  for (let i = 0; i < 20; i++) await sender.send(id, `before ${i}`);
  await until('ben has a job', async () => (await jobsOf(ben)) === 1);
  await suite.instance.redis.kill();
  for (let i = 0; i < 20; i++) await sender.send(id, `during ${i}`);
  await suite.instance.redis.start();
  for (let i = 0; i < 20; i++) await sender.send(id, `after ${i}`);
  await until('ben has a job again', async () => (await jobsOf(ben)) === 1);
  await until('the far device has every message', () => far.entries(id).length === 61);
  await near.connect();
  expect(await near.drained()).toBe(60);
  expect(near.repeats()).toBe(0);
  expect(await violationsOf(here)).toEqual([]);
  expect((await ana.conversation(id)).last_seq).toBe(61);
});

test('FLUSHALL under load loses nothing', async () => {
  const here = await openChat();
  const { id, sender, near, far } = here;
  for (let round = 0; round < 5; round++) {
    const sends = Array.from({ length: 40 }, (_, i) => sender.send(id, `${round} ${i}`));
    await suite.instance.redis.command('FLUSHALL');
    await Promise.all(sends);
  }
  await until('every device has every message', () =>
    [near, far].every((device) => device.entries(id).length === 201),
  );
  expect(await violationsOf(here)).toEqual([]);
});

test('[D9] a removal while Redis is down reaches the other node afterwards, and nothing else does', async () => {
  const here = await openChat();
  const { id, ana, cleo, sender, near, far } = here;
  await suite.instance.redis.kill();
  await ana.call('removeParticipant', { params: { id, userId: cleo.id } });
  const secret = await sender.send(id, `secret ${randomUUID()}`);
  await until(
    'the near device has the message',
    () => near.entries(id).at(-1)?.id === secret.message?.id,
  );
  await suite.instance.redis.start();
  await sender.send(id, 'after the outage');
  await until('the removal is announced', () => far.received('conversation:removed').length === 1);
  await suite.people.direct(ana, cleo);
  await until('a later event arrives', () => far.received('conversation:created').length > 0);
  expect(JSON.stringify(far.frames)).not.toContain(secret.message?.id);
});

test('[D9] a node silently cut off from Redis misses nothing and sends nothing to a removed user', async () => {
  const wire = await startTcpProxy(suite.instance.redis.port);
  const node = await suite.instance.addNode({ REDIS_URL: `redis://127.0.0.1:${wire.port}` });
  try {
    const { ana, ben, cleo } = await suite.people.registerAll('ana', 'ben', 'cleo');
    const { id } = await suite.people.group(ana, ben, cleo);
    const sender = await connected(ana.device());
    const stays = await connected(ben.device({ urls: [node.url] }));
    const goes = await connected(cleo.device({ urls: [node.url] }));
    await sender.send(id, 'before');
    await until('both have the message', () =>
      [stays, goes].every((one) => one.entries(id).length === 2),
    );
    wire.cut();
    await ana.call('removeParticipant', { params: { id, userId: cleo.id } });
    const secrets = [];
    for (let i = 0; i < 10; i++) secrets.push((await sender.send(id, `secret ${i}`)).message?.id);
    await until(
      'the remaining member has every message despite the cut',
      () => stays.entries(id).length === 13,
    );
    wire.heal();
    await until(
      'the removal is announced',
      () => goes.received('conversation:removed').length === 1,
    );
    await suite.people.direct(ana, cleo);
    await until('a later event arrives', () => goes.received('conversation:created').length > 0);
    const frames = JSON.stringify(goes.frames);
    expect(secrets.filter((secret) => secret === undefined || frames.includes(secret))).toEqual([]);
    expect(stays.violations).toEqual([]);
  } finally {
    await node.program.stop();
    await wire.close();
  }
});

test('[D11] a session ended while Redis was down is closed on the other node afterwards', async () => {
  const ana = await suite.people.register();
  const far = await connected(ana.on(1).device());
  await suite.instance.redis.kill();
  expect((await ana.call('logout')).status).toBe(204);
  await suite.instance.redis.start();
  await until('the connection is closed', () => !far.socket().connected);
});

test('[D11] a node that starts without Redis serves requests and connects to it later', async () => {
  await suite.instance.redis.kill();
  const node = await suite.instance.addNode();
  const rest = createRestClient(node.url);
  expect((await rest.call('readReadiness')).body).toMatchObject({ status: 'degraded' });
  const { ana, ben } = await suite.people.registerAll('ana', 'ben');
  const { id } = await suite.people.direct(ana, ben);
  const [one, two] = [ana.device({ urls: [node.url] }), ben.device({ urls: [node.url] })];
  await connected(one);
  await connected(two);
  expect((await one.send(id, 'without Redis')).outcome).toBe('acknowledged');
  await until('the message arrived', () => two.wire(id).length === 1);
  await suite.instance.redis.start();
  await until(
    'the node is ready',
    async () => (await rest.call('readReadiness')).body.status === 'ok',
  );
  const far = await connected(ben.on(1).device());
  await one.send(id, 'with Redis');
  await until('the message arrived on another node', () =>
    far.entries(id).some(({ seq }) => seq === 2),
  );
  const { code, tookMs } = await node.program.stop();
  expect(code).toBe(0);
  expect(tookMs).toBeLessThan(10_000);
  await node.restart();
});

test('[D11] SIGTERM ends server and worker within 10 s while Redis is frozen, with sockets open', async () => {
  const here = await openChat();
  for (let i = 0; i < 10; i++) await here.sender.send(here.id, `m${i}`);
  suite.instance.redis.freeze();
  const [node] = suite.instance.nodes;
  const worker = suite.instance.worker();
  if (!node) throw new Error('no node');
  const ended = await Promise.all([node.program.stop(), worker.program.stop()]);
  for (const { tookMs, code } of ended) {
    expect(tookMs).toBeLessThan(10_000);
    expect(code).toBe(0);
  }
  suite.instance.redis.thaw();
  await node.restart();
  await worker.restart();
});
