import {
  type ChatClient,
  type ChatClientOptions,
  openChatClient,
  selectMessages,
} from '@chasqui/sdk';
import { type Instance, type Person, until } from '@chasqui/testkit';

/** A client of one person, and the messages that its listener received. */
export interface TestClient {
  readonly client: ChatClient;
  readonly received: readonly { conversationId: string; seq: number; content: string }[];
  /** The contents that it shows of a conversation, in order. */
  shown(conversationId: string): string[];
  isLive(): boolean;
  live(): Promise<void>;
}

export interface ChatClients {
  /** Opens a client, signs in unless its storage is signed in, and connects; resolves when it is live. */
  open(person: Person, options?: Partial<ChatClientOptions>): Promise<TestClient>;
  /** The same without a connection. */
  prepare(person: Person, options?: Partial<ChatClientOptions>): Promise<TestClient>;
  /** Closes every client that was opened here. */
  close(): Promise<void>;
}

export function createChatClients(instance: Instance): ChatClients {
  const opened: ChatClient[] = [];

  async function prepare(person: Person, options: Partial<ChatClientOptions> = {}) {
    const client = await openChatClient({ url: instance.url(), ...options });
    opened.push(client);
    const received: TestClient['received'][number][] = [];
    client.onMessage(({ conversation_id: conversationId, seq, content }) =>
      received.push({ conversationId, seq, content: content ?? '' }),
    );
    if (client.getState().me === null) {
      const { username, password } = person;
      await client.signIn({ username, password });
    }
    const isLive = (): boolean => client.getState().connection.state === 'live';
    const testClient: TestClient = {
      client,
      received,
      isLive,
      shown: (id) => selectMessages(client.getState(), id).map(({ content }) => content ?? ''),
      async live() {
        await until(`${person.username} is live`, isLive);
      },
    };
    return testClient;
  }

  return {
    prepare,
    async open(person, options) {
      const testClient = await prepare(person, options);
      testClient.client.connect();
      await testClient.live();
      return testClient;
    },
    async close() {
      await Promise.all(opened.map((client) => client.close()));
    },
  };
}
