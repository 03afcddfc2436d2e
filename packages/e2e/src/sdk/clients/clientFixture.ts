import {
  createPeople,
  type Instance,
  type InstanceOptions,
  openInstance,
  type People,
} from '@chasqui/testkit';
import { type ChatClients, createChatClients } from './chatClients';

/** A whole instance, its users, and SDK clients of these users. */
export interface ClientFixture {
  readonly instance: Instance;
  readonly people: People;
  readonly clients: ChatClients;
  close(): Promise<void>;
}

export async function openClientFixture(options?: InstanceOptions): Promise<ClientFixture> {
  const instance = await openInstance(options);
  const people = createPeople(instance);
  const clients = createChatClients(instance);
  return {
    ...{ instance, people, clients },
    async close() {
      await clients.close();
      people.disconnectAll();
      await instance.close();
    },
  };
}
