import {
  createPeople,
  type Device,
  type DeviceOptions,
  type Instance,
  findViolations,
  type NginxServer,
  openEventStream,
  openInstance,
  openPusher,
  type People,
  type Person,
  sendUntilAcknowledged,
  startNginx,
  until,
} from '@chasqui/testkit';

// Two servers behind a real nginx with the configuration in docker/: every kind of connection, and a killed server.

let instance: Instance;
let people: People;
let nginx: NginxServer;
beforeAll(async () => {
  instance = await openInstance({ nodes: 0, env: { TRUST_PROXY: '127.0.0.1' } });
  const nodes = [];
  for (const name of ['a', 'b']) nodes.push(await instance.addNode({ NODE_NAME: name }));
  people = createPeople(instance);
  nginx = await startNginx(nodes[0]?.port ?? 0, nodes[1]?.port ?? 0);
});
afterAll(async () => {
  people.disconnectAll();
  await nginx.close();
  await instance.close();
});

const ways: Record<string, NonNullable<DeviceOptions['transports']>> = {
  'long polling': ['polling'],
  WebSocket: ['websocket'],
  'polling, then WebSocket': ['polling', 'websocket'],
};

const through = (person: Person, transports: DeviceOptions['transports']): Device =>
  person.device({ urls: [nginx.url], ...(transports && { transports }) });

/** The servers to which the clients of this instance are connected. */
async function spread(): Promise<number[]> {
  return Promise.all(
    instance.nodes.map(async ({ url }) => {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(/^chasqui_connections (\d+)/m.exec(text)?.[1]);
    }),
  );
}

test.each(Object.entries(ways))(
  '[D3, D4] %s through nginx: messages cross servers, in order and once',
  async (_way, transports) => {
    const { ana, ben } = await people.registerAll('ana', 'ben');
    const { id } = await people.direct(ana, ben);
    // Enough clients for both servers.
    const devices = [0, 1, 2, 3].flatMap(() => [
      through(ana, transports),
      through(ben, transports),
    ]);
    for (const device of devices) {
      await device.stayConnected();
      await device.drained();
    }
    const last = transports.at(-1);
    await until('all are connected as they should be', () =>
      devices.every((device) => device.socket().io.engine.transport.name === last),
    );
    expect((await spread()).every((count) => count > 0)).toBe(true);
    await Promise.all(
      devices.flatMap((device) =>
        Array.from({ length: 12 }, async (_, i) => {
          const attempt = await device.send(id, `${i} of ${device.deviceId}`);
          expect(attempt.outcome).toBe('acknowledged');
        }),
      ),
    );
    await until('every device has every entry', () =>
      devices.every((device) => device.wire(id).length === devices.length * 12),
    );
    const attempts = devices.flatMap((device) => device.attempts);
    const run = { instance, conversationId: id, people: [ana, ben], devices, attempts };
    expect(await findViolations(run)).toEqual([]);
    for (const device of devices) device.retire();
  },
  60_000,
);

test('a Pusher client and an event stream receive a message through nginx', async () => {
  const { ana, ben } = await people.registerAll('ana', 'ben');
  const { id } = await people.direct(ana, ben);
  const stream = await openEventStream(
    new URL(`/.well-known/mercure?topic=/conversations/${id}`, nginx.url),
    { headers: { authorization: `Bearer ${ben.token}` } },
  );
  const client = openPusher(nginx.url, { token: ben.token });
  try {
    await client.subscribed(`private-conversation-${id}`);
    await ana.call('sendMessage', { body: { conversation_id: id, content_encrypted: 'hello' } });
    await until(
      'both have it',
      () => client.all('new-message').length === 1 && stream.text.includes('"hello"'),
    );
  } finally {
    client.close();
    stream.close();
  }
});

test.each(Object.entries(ways))(
  '[L, D, O] %s: clients of a server killed under load continue on the other one',
  async (_way, transports) => {
    const { ana, ben } = await people.registerAll('ana', 'ben');
    const { id } = await people.direct(ana, ben);
    const devices = [0, 1, 2].flatMap(() => [through(ana, transports), through(ben, transports)]);
    for (const device of devices) {
      await device.stayConnected();
      await device.drained();
    }
    let going = true;
    const lanes = devices.map(async (device) => {
      while (going) await sendUntilAcknowledged(device, id, `of ${device.deviceId}`);
    });
    const sent = (): number =>
      devices.flatMap(({ attempts }) => attempts).filter((one) => one.outcome === 'acknowledged')
        .length;
    const more = async (count: number): Promise<void> => {
      const goal = sent() + count;
      await until(`${count} more are sent`, () => sent() >= goal);
    };
    for (const node of instance.nodes) {
      await more(40);
      await node.program.kill();
      await more(40);
      await node.restart();
    }
    await more(20);
    going = false;
    await Promise.all(lanes);
    const attempts = devices.flatMap((device) => device.attempts);
    await until('every device has every entry', async () => {
      const { last_seq: last } = await ana.conversation(id);
      return devices.every((device) => (device.wire(id).at(-1) ?? 0) >= last);
    });
    const run = { instance, conversationId: id, people: [ana, ben], devices, attempts };
    expect(await findViolations(run)).toEqual([]);
    for (const device of devices) device.retire();
  },
  90_000,
);

test('the server refuses oversized requests before the proxy does', async () => {
  const response = await fetch(`${nginx.url}/api/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'x'.repeat(140_000) }),
  });
  const body: unknown = await response.json();
  expect([response.status, body]).toMatchObject([413, { error: { name: 'ValidationError' } }]);
});
