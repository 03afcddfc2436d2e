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
import { hearingTable, type Listener, listeners, type Stage } from './hearingTable';

// D9, event by event: who hears it, on two nodes. That somebody hears nothing is shown by a word that comes after.

const outside = ['removed', 'stranger', 'administrator'] as const;

let instance: Instance;
let people: People;
let courier: Person;
let stage: Stage;
const devices: { listener: Listener; device: Device }[] = [];
/** By the device: where the courier speaks to its user. */
const letters = new Map<Device, string>();

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

  const connect = async (listener: Listener, person: Person, node: number) => {
    const device = person.on(node).device();
    await device.connect();
    await device.drained();
    devices.push({ listener, device });
    letters.set(device, (await people.direct(courier, person)).id);
    return device;
  };
  stage = {
    ...{ people, actor, author, admin, leaver, groupId: id },
    own: await connect('own', actor, 1),
    other: await connect('other', actor, 0),
    // Fresh in every row.
    fresh: actor.device(),
  };
  for (const listener of ['author', 'member', 'moderator', 'admin', 'leaver'] as const) {
    await connect(listener, cast[listener], devices.length % 2);
  }
  // Where news may come to by mistake: on both nodes.
  for (const node of [0, 1]) {
    for (const listener of outside) await connect(listener, cast[listener], node);
  }
  await admin.call('removeParticipant', { params: of(removed) });
  await until('the removed one knows', () =>
    devices.every(
      ({ listener, device }) =>
        listener !== 'removed' || device.received('conversation:removed').length === 1,
    ),
  );
  await everythingIsHeard();
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});

/** The courier writes to everybody; what was said before has come once that is there. */
async function everythingIsHeard(): Promise<void> {
  const sent = new Map<string, number>();
  for (const id of new Set(letters.values())) {
    sent.set(id, (await courier.send(id, 'a letter')).seq);
  }
  await until('everybody has their letter', () =>
    devices.every(({ device }) => {
      const letter = letters.get(device) ?? '';
      return device.entries(letter).at(-1)?.seq === sent.get(letter);
    }),
  );
}

const isLetter = (device: Device, { data }: Frame): boolean =>
  JSON.stringify(data).includes(letters.get(device) ?? 'none');

test('[D9] every event has its row', () => {
  expect(Object.keys(hearingTable).sort()).toEqual(serverEvents.map(({ name }) => name).sort());
});

test.each(serverEvents.map(({ name }) => name))('[D9] %s', async (name) => {
  const { raise, heardBy } = hearingTable[name];
  const fresh = stage.actor.on(1).device({ batch: true });
  const listening = [...devices, { listener: 'fresh' as const, device: fresh }];
  const known = new Map(listening.map(({ device }) => [device, device.frames.length]));
  const news = (device: Device) => device.frames.slice(known.get(device));
  const heard = () => {
    const hear = listening.filter(({ device }) =>
      news(device).some((frame) => frame.event === name && !isLetter(device, frame)),
    );
    return listeners.filter((one) => hear.some(({ listener }) => listener === one));
  };

  await raise({ ...stage, fresh });
  await until('those who may hear it do', () => heardBy.every((one) => heard().includes(one)));
  await everythingIsHeard();
  expect(heard()).toEqual(listeners.filter((one) => heardBy.includes(one)));
  // Users outside the group received nothing at all in the meantime.
  for (const { listener, device } of devices) {
    if (!outside.some((one) => one === listener)) continue;
    expect([listener, news(device).filter((frame) => !isLetter(device, frame))]).toEqual([
      listener,
      [],
    ]);
  }
  for (const { device } of listening) expect(device.violations).toEqual([]);
  fresh.disconnect();
});
