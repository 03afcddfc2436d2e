import { randomUUID } from 'node:crypto';
import type { AnswerOf, Conversation, EndpointName, endpoints, Message } from '@chasqui/protocol';
import { createDevice } from '../device/device';
import type { Device, DeviceOptions } from '../device/deviceTypes';
import type { Instance } from '../instance/instance';
import { type Ask, createRestClient, type Refusal } from './restClient';

export interface Credentials {
  username: string;
  email: string;
  password: string;
}

/** A registered user with REST calls in their name. */
export interface Person extends Credentials {
  readonly id: string;
  readonly token: string;
  readonly refreshToken: string;
  call<N extends EndpointName>(
    name: N,
    ask?: Ask,
  ): Promise<{ status: number; body: AnswerOf<(typeof endpoints)[N]> }>;
  refused(name: EndpointName, ask?: Ask): Promise<Refusal>;
  /** The same person on another node. */
  on(node: number): Pick<Person, 'call' | 'refused' | 'device'>;
  /** Creates a device that is not connected yet. */
  device(options?: Partial<DeviceOptions>): Device;
  send(conversationId: string, content: string, more?: object): Promise<Message>;
  /** All entries of a conversation, as a new client fetches them. */
  history(conversationId: string): Promise<Message[]>;
  conversation(id: string): Promise<Conversation>;
}

export interface People {
  /** Registers a user with a unique name. */
  register(name?: string): Promise<Person>;
  /** Registers several users at once: `const { ana, ben } = await people.registerAll('ana', 'ben')`. */
  registerAll<Name extends string>(...names: Name[]): Promise<Record<Name, Person>>;
  group(creator: Person, ...others: Person[]): Promise<Conversation>;
  direct(one: Person, other: Person): Promise<Conversation>;
  /** Disconnects all devices permanently. */
  disconnectAll(): void;
}

export interface PeopleOptions {
  /** The node that people use by default; the first one unless given. */
  home?: number;
  /** Some nodes may run an older release that lacks fields with defaults. */
  olderServer?: boolean;
}

export function createPeople(
  instance: Instance,
  { home = 0, olderServer = false }: PeopleOptions = {},
): People {
  const devices: Device[] = [];

  const register = async (name = 'person'): Promise<Person> => {
    const username = `${name}_${randomUUID().slice(0, 8)}`;
    const credentials = { username, email: `${username}@example.org`, password: 'correct horse' };
    const { body } = await createRestClient(instance.url(home), olderServer).call('register', {
      body: credentials,
    });
    const { access_token: token, refresh_token: refreshToken, user } = body;
    const on: Person['on'] = (node) => {
      const rest = createRestClient(instance.url(node), olderServer);
      return {
        call: (endpoint, ask) => rest.call(endpoint, { token, ...ask }),
        refused: (endpoint, ask) => rest.refused(endpoint, { token, ...ask }),
        device(options = {}) {
          const urls = options.urls ?? [instance.url(node)];
          const device = createDevice({ token, userId: user.id, olderServer, ...options, urls });
          devices.push(device);
          return device;
        },
      };
    };
    const person: Person = {
      ...credentials,
      id: user.id,
      token,
      refreshToken,
      ...on(home),
      on,
      async send(conversationId, content, more = {}) {
        const sent = await person.call('sendMessage', {
          body: { conversation_id: conversationId, content_encrypted: content, ...more },
        });
        return sent.body;
      },
      async history(conversationId) {
        const messages: Message[] = [];
        for (let more = true; more;) {
          const page = await person.call('readHistory', {
            params: { conversationId },
            query: { limit: 100, after_seq: messages.at(-1)?.seq ?? 0 },
          });
          messages.push(...page.body.messages);
          more = page.body.has_more;
        }
        return messages;
      },
      conversation: async (id) => (await person.call('readConversation', { params: { id } })).body,
    };
    return person;
  };

  return {
    register,
    async registerAll<Name extends string>(...names: Name[]) {
      const people = await Promise.all(names.map(async (name) => [name, await register(name)]));
      return Object.fromEntries(people) as Record<Name, Person>;
    },
    group: async (creator, ...others) =>
      (
        await creator.call('createGroup', {
          body: { title: 'a group', participant_ids: others.map(({ id }) => id) },
        })
      ).body,
    direct: async (one, other) =>
      (await one.call('createDirect', { body: { user_id: other.id } })).body,
    disconnectAll() {
      for (const device of devices) device.retire();
    },
  };
}
