import { createEvent, type Message, type ServerEvent } from '@chasqui/protocol';
import { until } from '@chasqui/testkit';
import type { ChatCore } from '../chatCore';
import type { Transport, TransportCapabilities } from '../ports/index';

/** An event that a client received, or the reply to one of its sends under the name `answer`. */
export interface Received {
  readonly name: string;
  readonly data: unknown;
}

/** A client behind the transport under test. */
export interface ContractClient {
  readonly received: readonly Received[];
  /** The server's side of the connection. */
  readonly transport: Transport;
  readonly isClosed: boolean;
  /** Sends a message; resolves with the reply. Undefined for a transport without commands. */
  readonly send: ((conversationId: string, content: string) => Promise<Message>) | undefined;
  /** Acknowledges what has arrived of a conversation, up to seq, and nothing that arrives later. */
  acknowledge(conversationId: string, seq: number): Promise<void>;
  stopReading(): void;
  readAgain(): void;
  disconnect(): Promise<void>;
}

/** A core with the transport under test in front of it. */
export interface ContractRoom {
  readonly core: ChatCore;
  /** Creates users with these names and returns their ids. */
  users<Names extends string[]>(...names: Names): Promise<{ [I in keyof Names]: string }>;
  connect(
    userId: string,
    options?: { deviceId?: string; batching?: boolean },
  ): Promise<ContractClient>;
  close(): Promise<void>;
}

/** What the transport offers beyond events and acknowledgements, which every transport has. */
type Extras = Pick<TransportCapabilities, 'commands' | 'batching'>;

/** The contract of every transport, for any protocol. Runs against an in-memory transport and each real one. */
export function describeTransport(
  name: string,
  open: () => Promise<ContractRoom>,
  extras: Extras = { commands: true, batching: true },
): void {
  describe(`the transport contract: ${name}`, () => {
    let room: ContractRoom;
    let ana: string;
    let ben: string;
    let cleo: string;
    beforeAll(async () => {
      room = await open();
      [ana, ben, cleo] = await room.users('ana', 'ben', 'cleo');
    });
    afterAll(() => room.close());

    const newGroup = async (): Promise<string> =>
      (await room.core.conversations.createGroup(ana, 'Group', [ben, cleo])).id;

    /** Sends without the transport. */
    async function sendAs(
      senderId: string,
      conversationId: string,
      content: string,
    ): Promise<Message> {
      const { message } = await room.core.messages.send({
        ...{ conversationId, senderId, contentEncrypted: content, messageType: 'text' },
        ...{ clientMessageId: null, replyToId: null },
      });
      return message;
    }

    async function post(conversationId: string, count: number): Promise<void> {
      for (let i = 0; i < count; i += 1) await sendAs(ana, conversationId, 'hello');
    }

    const arrived = (client: ContractClient, conversationId: string, count: number) =>
      until(`${count} entries have arrived`, () => seqs(client, conversationId).length >= count);

    test('[D3] entries arrive once and in the order of seq, the backlog before live entries', async () => {
      const conversationId = await newGroup();
      await post(conversationId, 20);
      const client = await room.connect(ben, { deviceId: 'order' });
      await arrived(client, conversationId, 21);
      await post(conversationId, 20);
      await arrived(client, conversationId, 41);
      expect(seqs(client, conversationId)).toEqual(upTo(41));
      await client.disconnect();
    });

    /** Ben sends ten messages while Ana does. Resolves with the client and the seqs of Ben's. */
    async function sendBoth(conversationId: string) {
      const client = await room.connect(ben, { deviceId: `answers ${conversationId}` });
      await arrived(client, conversationId, 1);
      const sendOwn: Send = client.send ?? ((id, content) => sendAs(ben, id, content));
      const sends = Array.from({ length: 10 }, async (_, i) => {
        const [message] = await Promise.all([
          sendOwn(conversationId, `mine ${i}`),
          post(conversationId, 1),
        ]);
        return message;
      });
      const mine = (await Promise.all(sends)).map(({ seq }) => seq);
      await until('all have arrived', () => places(client, conversationId).length >= 21);
      expect(places(client, conversationId)).toEqual(upTo(21));
      return { client, mine };
    }

    if (extras.commands) {
      test('[D3] the reply to a send arrives in the order of seq, in place of its message', async () => {
        const conversationId = await newGroup();
        const { client, mine } = await sendBoth(conversationId);
        const events = seqs(client, conversationId);
        expect(events.filter((seq) => mine.includes(seq))).toEqual([]);
        await client.disconnect();
      });
    } else {
      test('[D3] messages that the user sends over REST arrive as events, in the order of seq', async () => {
        const conversationId = await newGroup();
        const { client } = await sendBoth(conversationId);
        expect(client.send).toBeUndefined();
        expect(seqs(client, conversationId)).toEqual(upTo(21));
        await client.disconnect();
      });
    }

    test('[D4] after a reconnect, delivery resumes after the last acknowledged entry', async () => {
      const conversationId = await newGroup();
      const client = await room.connect(ben, { deviceId: 'resume' });
      await post(conversationId, 3);
      await arrived(client, conversationId, 4);
      await client.acknowledge(conversationId, 4);
      await post(conversationId, 2);
      await arrived(client, conversationId, 6);
      await client.disconnect();
      await post(conversationId, 2);
      const again = await room.connect(ben, { deviceId: 'resume' });
      await arrived(again, conversationId, 4);
      expect(seqs(again, conversationId)).toEqual([5, 6, 7, 8]);
      await again.disconnect();
    });

    test('[D4] a slow consumer is paused, and receives the rest in order when it reads again', async () => {
      const conversationId = await newGroup();
      const client = await room.connect(ben, { deviceId: 'slow' });
      await arrived(client, conversationId, 1);
      client.stopReading();
      const { transport } = client;
      await until('the buffer is full', () => {
        if (!transport.writable()) return true;
        while (transport.writable()) transport.send(filler());
        return false;
      });
      await post(conversationId, 5);
      const before = seqs(client, conversationId);
      client.readAgain();
      await arrived(client, conversationId, 6);
      expect(before.length).toBeLessThan(6);
      expect(seqs(client, conversationId)).toEqual(upTo(6));
      await client.disconnect();
    });

    test('an event for many connections is encoded once', async () => {
      const clients = await Promise.all(
        [ana, ben, cleo, ben].map((userId, i) => room.connect(userId, { deviceId: `many ${i}` })),
      );
      let encodings = 0;
      const event = countingEvent([ana, ben, cleo], () => (encodings += 1));
      room.core.connections.sendToUsers(event);
      for (const client of clients) {
        await until('it has arrived', () => names(client).includes('privacy:changed'));
        expect(client.received.findLast((one) => one.name === 'privacy:changed')?.data).toEqual(
          event.data,
        );
      }
      expect(encodings).toBe(1);
      await Promise.all(clients.map((client) => client.disconnect()));
    });

    test('[D9] a removed member receives the removal and nothing of the conversation after it', async () => {
      const conversationId = await newGroup();
      const client = await room.connect(cleo, { deviceId: 'removed' });
      await post(conversationId, 3);
      await arrived(client, conversationId, 4);
      await room.core.members.remove(ana, conversationId, cleo);
      await post(conversationId, 3);
      const other = await newGroup();
      await until('a later event has arrived', () => seqs(client, other).length === 1);
      const removedAt = names(client).indexOf('conversation:removed');
      const after = client.received.slice(removedAt + 1);
      expect(removedAt).toBeGreaterThan(0);
      expect(after.filter(({ data }) => JSON.stringify(data).includes(conversationId))).toEqual([]);
      await client.disconnect();
    });

    test.each(extras.batching ? [true, false] : [false])(
      'entries are batched only if the client asked for it: %s',
      async (batching) => {
        const conversationId = await newGroup();
        await post(conversationId, 10);
        const client = await room.connect(ben, { deviceId: `batching ${batching}`, batching });
        await arrived(client, conversationId, 11);
        expect(names(client).includes('chat:messages_received')).toBe(batching);
        expect(seqs(client, conversationId)).toEqual(upTo(11));
        await client.disconnect();
      },
    );

    test('a closed transport delivers nothing more and ignores further events', async () => {
      const conversationId = await newGroup();
      const client = await room.connect(ben, { deviceId: 'closed' });
      await arrived(client, conversationId, 1);
      client.transport.close({ text: 'closed by a test', reconnect: false });
      await until('it is closed', () => client.isClosed);
      const { length } = client.received;
      expect(() => client.transport.send(countingEvent([ben], () => undefined))).not.toThrow();
      await post(conversationId, 2);
      const witness = await room.connect(ben, { deviceId: 'witness' });
      await arrived(witness, conversationId, 3);
      expect(client.received).toHaveLength(length);
      await witness.disconnect();
    });
  });
}

type Send = NonNullable<ContractClient['send']>;

const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

const names = ({ received }: ContractClient): string[] => received.map(({ name }) => name);

/** The seqs of a conversation that arrived as events, in order. */
const seqs = (client: ContractClient, conversationId: string): number[] =>
  placesIn(
    client.received.filter(({ name }) => name !== 'answer'),
    conversationId,
  );

/** The same including the replies to own sends. */
const places = (client: ContractClient, conversationId: string): number[] =>
  placesIn(client.received, conversationId);

function placesIn(received: readonly Received[], conversationId: string): number[] {
  return received
    .flatMap(({ name, data }) => {
      if (name === 'chat:message_received' || name === 'answer') return [data as Message];
      return name === 'chat:messages_received' ? (data as { messages: Message[] }).messages : [];
    })
    .filter((message) => message.conversation_id === conversationId)
    .map(({ seq }) => seq);
}

/** An event that fills a buffer. */
function filler(): ServerEvent {
  return createEvent(
    'chat:block_changed',
    { userId: 'x'.repeat(100_000), blocked: true },
    { conversationId: null, seq: null, recipients: { scope: 'connection' } },
  );
}

/** An event that counts how often its text is used. */
function countingEvent(userIds: string[], onUse: () => void): ServerEvent<'privacy:changed'> {
  const event = createEvent(
    'privacy:changed',
    { who_can_message: 'everybody', who_can_add: 'everybody' },
    { conversationId: null, seq: null, recipients: { scope: 'users', userIds } },
  );
  return {
    ...{ name: event.name, conversationId: null, seq: null, recipients: event.recipients },
    data: event.data,
    get json() {
      onUse();
      return event.json;
    },
  };
}
