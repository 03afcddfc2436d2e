import type { ServerEventName } from '@chasqui/protocol';
import { openEventStream, openPusher, type Person, until } from '@chasqui/testkit';

export interface ListenedEvent {
  readonly name: string;
  readonly data: unknown;
}

/** A client that listens over one of the transports that carry no commands. */
export interface Listener {
  /** Every event of the chat so far. */
  events(): ListenedEvent[];
  close(): void;
}

export interface Wish {
  /** The address of the node. */
  url: string;
  person: Person;
  /** Besides their own events, these conversations and the events of these users, allowed or not. */
  conversations: string[];
  users: string[];
}

export interface ListenerTransport {
  readonly name: string;
  /** What the transport calls an event; undefined for one that only concerns a connection of Socket.IO. */
  nameOf(event: ServerEventName): string | undefined;
  /** Resolves once the listener receives the events of its person. */
  open(wish: Wish): Promise<Listener>;
}

const names: Readonly<Partial<Record<ServerEventName, string>>> = {
  'chat:message_received': 'new-message',
  'chat:message_updated': 'message-updated',
  'chat:message_status_updated': 'message-status',
  'chat:unread_updated': 'unread-updated',
  'chat:block_changed': 'block-changed',
  'requests:changed': 'requests-changed',
  'chat:user_typing': 'typing',
  'user:status_changed': 'user-status',
  'privacy:changed': 'privacy-changed',
  'conversation:created': 'conversation-created',
  'conversation:updated': 'conversation-updated',
  'conversation:removed': 'conversation-removed',
};

const pusher: ListenerTransport = {
  name: 'Pusher',
  nameOf: (event) => (event === 'chat:user_typing' ? 'client-typing' : names[event]),
  async open({ url, person, conversations, users }) {
    const client = openPusher(url, { token: person.token });
    for (const id of conversations) {
      client.subscribe(`private-conversation-${id}`);
      client.subscribe(`presence-conversation-${id}`);
    }
    for (const id of users) client.subscribe(`private-user-${id}`);
    await client.subscribed(`private-user-${person.id}`);
    return {
      events: () =>
        client.events
          .filter(({ event }) => event !== 'pusher:subscription_error')
          .filter(({ event, channel }) => !isOwnConfirmation(event, channel, person))
          .map(({ event, data }) => ({ name: event, data })),
      close: () => client.close(),
    };
  },
};

const isOwnConfirmation = (event: string, channel: string, { id }: Person): boolean =>
  event === 'pusher:subscription_succeeded' && channel === `private-user-${id}`;

const mercure: ListenerTransport = {
  name: 'Mercure',
  nameOf: (event) => names[event],
  async open({ url, person, conversations, users }) {
    const hub = new URL('/.well-known/mercure', url);
    const topics = [
      ...[person.id, ...users].map((id) => `/users/${id}`),
      ...conversations.map((id) => `/conversations/${id}`),
      ...['*', '/conversations/{id}', '/users/{id}'],
    ];
    for (const topic of topics) hub.searchParams.append('topic', topic);
    const stream = await openEventStream(hub, {
      headers: { authorization: `Bearer ${person.token}` },
    });
    await until('it has caught up', () => stream.text.includes('event: queue-empty'));
    return {
      events: () =>
        stream.events
          .filter(({ event }) => !['session-ready', 'queue-empty'].includes(event))
          .map(({ event, data }) => ({
            name: event === 'message' ? 'new-message' : event,
            data: JSON.parse(data) as unknown,
          })),
      close: () => stream.close(),
    };
  },
};

export const listenerTransports = [pusher, mercure];
