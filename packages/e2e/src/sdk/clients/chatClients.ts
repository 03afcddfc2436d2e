import {
  type ChatClient,
  type ChatClientOptions,
  openChatClient,
  selectMessages,
} from '@chasqui/sdk';
import { type Instance, type Person, until } from '@chasqui/testkit';

/** Somebody's client, and what its listener was told. */
export interface Chatter {
  readonly client: ChatClient;
  readonly told: readonly { conversationId: string; seq: number; content: string }[];
  /** What it shows of a conversation. */
  shown(conversationId: string): string[];
  isLive(): boolean;
  live(): Promise<void>;
}

export interface ChatClients {
  /** Opens a client, signs in unless its storage is signed in, and connects; resolves when it is live. */
  open(person: Person, options?: Partial<ChatClientOptions>): Promise<Chatter>;
  /** The same without a connection. */
  prepare(person: Person, options?: Partial<ChatClientOptions>): Promise<Chatter>;
  /** Closes all that were opened here. */
  close(): Promise<void>;
}

export function createChatClients(instance: Instance): ChatClients {
  const opened: ChatClient[] = [];

  async function prepare(person: Person, options: Partial<ChatClientOptions> = {}) {
    const client = await openChatClient({ url: instance.url(), ...options });
    opened.push(client);
    const told: Chatter['told'][number][] = [];
    client.onMessage(({ conversation_id: conversationId, seq, content }) =>
      told.push({ conversationId, seq, content: content ?? '' }),
    );
    if (client.getState().me === null) {
      const { username, password } = person;
      await client.signIn({ username, password });
    }
    const isLive = (): boolean => client.getState().connection.state === 'live';
    const chatter: Chatter = {
      client,
      told,
      isLive,
      shown: (id) => selectMessages(client.getState(), id).map(({ content }) => content ?? ''),
      async live() {
        await until(`${person.username} is live`, isLive);
      },
    };
    return chatter;
  }

  return {
    prepare,
    async open(person, options) {
      const chatter = await prepare(person, options);
      chatter.client.connect();
      await chatter.live();
      return chatter;
    },
    async close() {
      await Promise.all(opened.map((client) => client.close()));
    },
  };
}
