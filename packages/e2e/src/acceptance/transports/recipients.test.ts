import { serverEvents } from '@chasqui/protocol';
import {
  connected,
  createPeople,
  type Device,
  type Instance,
  openInstance,
  type People,
  type Person,
  until,
} from '@chasqui/testkit';
import { type EventFixture, recipientTable } from '../access/recipientTable';
import { type ListenedEvent, type Listener, listenerTransports } from './listeners';

// D9 for every event over the transports without commands, on two nodes: the recipients are those of Socket.IO.
// Everybody asks for the group and for the events of the actor, members and outsiders alike.

const members = ['actor', 'author', 'member', 'moderator', 'admin', 'leaver'] as const;
const outsiders = ['removed', 'stranger', 'administrator'] as const;
type Name = (typeof members)[number] | (typeof outsiders)[number];

describe.each(listenerTransports)('$name', ({ nameOf, open }) => {
  let instance: Instance;
  let people: People;
  let courier: Person;
  let witness: Person;
  let fixture: Omit<EventFixture, 'fresh'>;
  const listeners = new Map<Name, Listener>();
  /** The courier's direct conversation with each person. */
  const courierChats = new Map<Name, string>();

  beforeAll(async () => {
    instance = await openInstance({ worker: false });
    people = createPeople(instance);
    const cast = await people.registerAll(...members, ...outsiders, 'courier', 'witness');
    await instance.addNode({ ADMIN_USERNAMES: cast.administrator.username });
    const { actor, author, member, moderator, admin, leaver, removed } = cast;
    ({ courier, witness } = cast);
    const inside = [actor, author, member, moderator, leaver, removed, witness];
    const { id } = await people.group(admin, ...inside);
    const of = (person: Person) => ({ id, userId: person.id });
    await admin.call('changeRole', { params: of(moderator), body: { role: 'moderator' } });
    for (const [i, name] of [...members, ...outsiders].entries()) {
      courierChats.set(name, (await people.direct(courier, cast[name])).id);
      const wish = { conversations: [id], users: [actor.id] };
      listeners.set(name, await open({ url: instance.url(i % 2), person: cast[name], ...wish }));
    }
    await admin.call('removeParticipant', { params: of(removed) });
    await until('the removed user is notified', () =>
      eventsOf('removed').some(({ name }) => name === nameOf('conversation:removed')),
    );
    const [own, other]: [Device, Device] = [
      await connected(actor.on(1).device()),
      await connected(actor.on(0).device()),
    ];
    fixture = { people, actor, author, admin, leaver, groupId: id, own, other };
    await waitForEverything();
  });
  afterAll(async () => {
    for (const listener of listeners.values()) listener.close();
    people?.disconnectAll();
    await instance?.close();
  });

  const eventsOf = (name: Name) => listeners.get(name)?.events() ?? [];
  const isFromCourier = (name: Name, { data }: ListenedEvent): boolean =>
    JSON.stringify(data).includes(courierChats.get(name) ?? 'none');

  /** A node that has just started repeats what its users may have missed (R3): here, how the group began. */
  function isReplayed(name: Name, event: ListenedEvent): boolean {
    if (!JSON.stringify(event).includes(fixture.groupId)) return false;
    if (event.name === nameOf('conversation:created')) return true;
    return name === 'removed' && event.name === nameOf('conversation:removed');
  }

  /** Listeners acknowledge by themselves, at a time of their own. */
  const isDelivery = ({ name, data }: ListenedEvent): boolean =>
    name === nameOf('chat:message_status_updated') &&
    (data as { status: string }).status === 'delivered';

  /** The courier writes to everybody; once those messages arrive, all earlier events have arrived. */
  async function waitForEverything(): Promise<void> {
    for (const [name, id] of courierChats) {
      const { seq } = await courier.send(id, 'from the courier');
      await until(`${name} has the message of the courier`, () =>
        eventsOf(name).some(({ name: event, data }) => {
          if (event !== nameOf('chat:message_received')) return false;
          const message = data as { conversation_id: string; seq: number };
          return message.conversation_id === id && message.seq === seq;
        }),
      );
    }
  }

  const raised = serverEvents.map(({ name }) => name).filter((name) => nameOf(name) !== undefined);

  test.each(raised)('[D9] %s', async (event) => {
    const { raise, receivedBy } = recipientTable[event];
    const before = new Map([...listeners.keys()].map((name) => [name, eventsOf(name).length]));
    const newOf = (name: Name) =>
      eventsOf(name)
        .slice(before.get(name))
        .filter((one) => !isFromCourier(name, one) && !isReplayed(name, one));
    const receivers = (): Name[] =>
      [...members, ...outsiders].filter((name) =>
        newOf(name).some((one) => one.name === nameOf(event) && !isDelivery(one)),
      );
    const expected = [...members].filter((name) =>
      name === 'actor'
        ? receivedBy.some((one) => ['own', 'other', 'fresh'].includes(one))
        : receivedBy.includes(name),
    );

    // Everybody here is online by their listener; the witness has none.
    if (event === 'user:status_changed') {
      const device = await connected(witness.device());
      device.disconnect();
      expected.unshift('actor');
    } else await raise({ ...fixture, fresh: fixture.actor.device() });
    await until('all recipients have received it', () =>
      expected.every((name) => receivers().includes(name)),
    );
    await waitForEverything();
    expect(receivers()).toEqual(expected);
    // Users outside the group received nothing at all in the meantime.
    for (const name of outsiders) expect([name, newOf(name)]).toEqual([name, []]);
  });

  test('[D9] what outsiders asked for never arrived, not even a confirmation', () => {
    const { groupId, actor } = fixture;
    for (const name of ['stranger', 'administrator'] as const) {
      const text = JSON.stringify(eventsOf(name));
      expect([name, text.includes(groupId), text.includes(actor.id)]).toEqual([name, false, false]);
      expect(eventsOf(name).map((one) => one.name)).not.toContain('pusher:subscription_succeeded');
    }
  });
});
