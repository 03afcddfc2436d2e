import { createApi } from './api';
import { bounded } from './bounded';
import { createDevice, type Device } from './device';
import { createOutbox, type Outbox } from './outbox';
import { register, type Person } from './person';

/** One of the two, with what they hold in their hands. */
export interface Player {
  person: Person;
  device: Device;
  outbox: Outbox;
}

export interface Cast {
  ana: Player;
  ben: Player;
  conversationId: string;
  /** Disconnects both, and takes back what the instance holds ready for them. */
  leave(): Promise<void>;
}

/** Two people whom nobody has met before, and their conversation. */
export async function openCast(urls: readonly string[]): Promise<Cast> {
  const api = createApi(urls[0] ?? '');
  const people = await bounded(
    'two people are registered',
    120_000,
    Promise.all([register(api, 'ana'), register(api, 'ben')]),
  );
  const [ana, ben] = people;
  const conversation = await bounded(
    'they have a conversation',
    30_000,
    api('createDirect', { token: await ana.token(), body: { user_id: ben.id } }),
  );
  const conversationId = conversation.id;
  const player = (person: Person, url = ''): Player => {
    const device = createDevice(url, person, conversationId);
    return { person, device, outbox: createOutbox(device, conversationId) };
  };
  // With several servers each of the two is at another one.
  const players = { ana: player(ana, urls[0]), ben: player(ben, urls.at(-1)) };
  return {
    ...players,
    conversationId,
    async leave() {
      for (const { device } of Object.values(players)) device.disconnect();
      const leaving = Promise.allSettled(people.map((person) => person.logout()));
      await bounded('both have logged out', 2_000, leaving).catch(() => undefined);
    },
  };
}
