import { createPeople, type Instance, openInstance, type People, until } from '@chasqui/testkit';
import { openStreamClients, type StreamClients } from './streamClients';

// Clients of server-sent events as their makers publish them: what they missed arrives, once, in order.

let instance: Instance;
let people: People;
let clients: StreamClients;
beforeAll(async () => {
  [instance, clients] = await Promise.all([
    openInstance({ nodes: 2, worker: false }),
    openStreamClients(),
  ]);
  people = createPeople(instance, { home: 1 });
});
afterAll(async () => {
  await clients?.close();
  people?.disconnectAll();
  await instance?.close();
});

const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

test.each([
  'eventsource for Node',
  'curl',
  'EventSource in Chromium',
  '@microsoft/fetch-event-source',
  'event-source-polyfill',
])(
  '[D4] %s receives every message once and in order through the crash of its node',
  async (name) => {
    const { ana, ben } = await people.registerAll('ana', 'ben');
    const { id } = await people.direct(ana, ben);
    const { body } = await ben.call('readMercureToken');
    const client = await clients.byName[name]?.({
      ...{ url: instance.url(0), topic: `/conversations/${id}`, token: body.token },
    });
    if (client === undefined) throw new Error('no such client');
    let sent = 0;
    const send = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i += 1) await ana.send(id, `message ${++sent}`);
    };
    const arrived = (): Promise<boolean> =>
      until(`${sent} messages have arrived`, async () => (await client.seqs()).length >= sent);
    await send(5);
    await arrived();
    const [node] = instance.nodes;
    await node?.program.kill();
    await send(5);
    await node?.restart();
    await arrived();
    await send(5);
    await arrived();
    expect(await client.seqs()).toEqual(upTo(sent));
    await client.close();
  },
);
