import { serverEvents } from '@chasqui/protocol';
import {
  createPeople,
  type Device,
  type Frame,
  type Instance,
  openInstance,
  type People,
  type Person,
  until,
} from '@chasqui/testkit';
import { metricsOf } from '../../faults/metrics';
import {
  recipientTable,
  type Recipient,
  recipientKinds,
  type EventFixture,
} from './recipientTable';

// D9 for every event, on two nodes. A later message proves that earlier events did not arrive.

/** A node repeats events for 30 s after its bus works. */
const STARTED_WITHIN_MS = 90_000;

const outside = ['removed', 'stranger', 'administrator'] as const;

let instance: Instance;
let people: People;
let courier: Person;
let fixture: EventFixture;
const devices: { recipient: Recipient; device: Device }[] = [];
/** The courier's direct conversation with the user of each device. */
const courierChats = new Map<Device, string>();

beforeAll(async () => {
  instance = await openInstance({ worker: false });
  people = createPeople(instance);
  const cast = await people.registerAll(
    ...(['actor', 'author', 'member', 'moderator', 'admin', 'leaver'] as const),
    ...(['removed', 'stranger', 'administrator', 'courier'] as const),
  );
  await instance.addNode({ ADMIN_USERNAMES: cast.administrator.username });
  const { actor, author, member, moderator, admin, leaver, removed } = cast;
  courier = cast.courier;
  const { id } = await people.group(admin, actor, author, member, moderator, leaver, removed);
  const of = (person: Person) => ({ id, userId: person.id });
  await admin.call('changeRole', { params: of(moderator), body: { role: 'moderator' } });

  const connect = async (recipient: Recipient, person: Person, node: number) => {
    const device = person.on(node).device();
    await device.connect();
    await device.drained();
    devices.push({ recipient, device });
    courierChats.set(device, (await people.direct(courier, person)).id);
    return device;
  };
  fixture = {
    ...{ people, actor, author, admin, leaver, groupId: id },
    own: await connect('own', actor, 1),
    other: await connect('other', actor, 0),
    // Fresh in every row.
    fresh: actor.device(),
  };
  for (const recipient of ['author', 'member', 'moderator', 'admin', 'leaver'] as const) {
    await connect(recipient, cast[recipient], devices.length % 2);
  }
  // Outsiders are connected to both nodes.
  for (const node of [0, 1]) {
    for (const recipient of outside) await connect(recipient, cast[recipient], node);
  }
  await admin.call('removeParticipant', { params: of(removed) });
  await until('the removed user is notified', () =>
    devices.every(
      ({ recipient, device }) =>
        recipient !== 'removed' || device.received('conversation:removed').length === 1,
    ),
  );
  // For half a minute after its start, a node repeats events that may have been lost (R3).
  await until(
    'no node repeats events',
    async () => {
      const nodes = await Promise.all(instance.nodes.map(({ url }) => metricsOf(url)));
      return nodes.every((metric) => metric('chasqui_repeating_events') === 0);
    },
    STARTED_WITHIN_MS,
  );
  await waitForEverything();
}, 2 * STARTED_WITHIN_MS);
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});

/** The courier writes to everybody; once those messages arrive, all earlier events have arrived. */
async function waitForEverything(): Promise<void> {
  const sent = new Map<string, number>();
  for (const id of new Set(courierChats.values())) {
    sent.set(id, (await courier.send(id, 'from the courier')).seq);
  }
  await until('everybody has the message of the courier', () =>
    devices.every(({ device }) => {
      const chat = courierChats.get(device) ?? '';
      return device.entries(chat).at(-1)?.seq === sent.get(chat);
    }),
  );
}

const isFromCourier = (device: Device, { data }: Frame): boolean =>
  JSON.stringify(data).includes(courierChats.get(device) ?? 'none');

test('[D9] every event has a row', () => {
  expect(Object.keys(recipientTable).sort()).toEqual(serverEvents.map(({ name }) => name).sort());
});

test.each(serverEvents.map(({ name }) => name))('[D9] %s', async (name) => {
  const { raise, receivedBy } = recipientTable[name];
  const fresh = fixture.actor.on(1).device({ batch: true });
  const watched = [...devices, { recipient: 'fresh' as const, device: fresh }];
  const known = new Map(watched.map(({ device }) => [device, device.frames.length]));
  const newFrames = (device: Device) => device.frames.slice(known.get(device));
  const receivers = () => {
    const devicesWithEvent = watched.filter(({ device }) =>
      newFrames(device).some((frame) => frame.event === name && !isFromCourier(device, frame)),
    );
    return recipientKinds.filter((one) =>
      devicesWithEvent.some(({ recipient }) => recipient === one),
    );
  };

  await raise({ ...fixture, fresh });
  await until('all recipients have received it', () =>
    receivedBy.every((one) => receivers().includes(one)),
  );
  await waitForEverything();
  expect(receivers()).toEqual(recipientKinds.filter((one) => receivedBy.includes(one)));
  // Users outside the group received nothing at all in the meantime.
  for (const { recipient, device } of devices) {
    if (!outside.some((one) => one === recipient)) continue;
    expect([recipient, newFrames(device).filter((frame) => !isFromCourier(device, frame))]).toEqual(
      [recipient, []],
    );
  }
  for (const { device } of watched) expect(device.violations).toEqual([]);
  fresh.disconnect();
});
