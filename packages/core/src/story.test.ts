import { randomUUID } from 'node:crypto';
import { isEventOf, type Message } from '@chasqui/protocol';
import { type Randomness, until, withSeed } from '@chasqui/testkit';
import { createFakeNetwork } from './testing/fakes/fakeBus';
import {
  openDeliveryNode,
  sendRequest,
  type DeliveryNode,
  type NodeDevice,
} from './testing/coreNode';
import { openDeliveryRoom, type DeliveryRoom } from './testing/coreRoom';
import { memoryTransport } from './testing/memoryTransport';

let room: DeliveryRoom;
beforeAll(async () => {
  room = await openDeliveryRoom();
});
afterAll(() => room.close());

/** A device that keeps what it has seen over its connections, as an SDK does, and goes and comes. */
class Traveller {
  readonly seen = new Map<string, number[]>();
  private connection: NodeDevice | undefined;
  private acknowledging: Promise<unknown>[] = [];

  constructor(
    readonly userId: string,
    private readonly deviceId: string,
    private readonly random: Randomness,
  ) {}

  get isConnected(): boolean {
    return this.connection !== undefined;
  }

  async connect(node: DeliveryNode): Promise<void> {
    // Order holds per connection: what was not acknowledged may come again on the next one.
    const last = new Map<string, number>();
    const transport = memoryTransport({
      capabilities: { batching: this.random.chance(0.5) },
      onSend: (event) => {
        if (isEventOf(event, 'chat:message_received')) this.take(event.data, last);
        else if (isEventOf(event, 'chat:messages_received')) {
          for (const message of event.data.messages) this.take(message, last);
        }
      },
    });
    this.connection = await node.connect(this.userId, { deviceId: this.deviceId, transport });
  }

  private take({ conversation_id: id, seq }: Message, last: Map<string, number>): void {
    const before = last.get(id) ?? 0;
    if (seq <= before) throw new Error(`seq ${seq} after ${before} (O)`);
    last.set(id, seq);
    const seen = this.seen.get(id) ?? [];
    this.seen.set(id, seen);
    if (seq > (seen.at(-1) ?? 0)) seen.push(seq);
    if (this.random.chance(0.7)) this.acknowledge(id, seq);
  }

  private acknowledge(conversationId: string, seq: number): void {
    const status = this.random.chance(0.3) ? 'read' : 'delivered';
    const done = this.connection?.live.acknowledge({ conversationId, seq }, status);
    if (done !== undefined) this.acknowledging.push(done.catch(() => undefined));
  }

  /** A send of its own that is answered counts as seen at its place. */
  async send(conversationId: string, clientMessageId: string): Promise<Message> {
    const connection = this.connection;
    if (connection === undefined) throw new Error('not connected');
    const { message } = await connection.send(conversationId, 'hello', { clientMessageId });
    const seen = this.seen.get(conversationId) ?? [];
    this.seen.set(conversationId, seen);
    if (!seen.includes(message.seq)) seen.push(message.seq);
    seen.sort((a, b) => a - b);
    return message;
  }

  async disconnect(): Promise<void> {
    await Promise.all(this.acknowledging.splice(0));
    this.connection?.live.close();
    this.connection = undefined;
  }

  async acknowledgeAll(lastSeqs: Map<string, number>): Promise<void> {
    for (const [conversationId, seq] of lastSeqs) {
      await this.connection?.live.acknowledge({ conversationId, seq }, 'read');
    }
  }
}

test('L, D, O, U, S: whatever happens, every device shows every message once and in order', () =>
  withSeed(async (random) => {
    const network = createFakeNetwork();
    network.copies = () => random.pick([0, 1, 1, 1, 1, 1, 1, 2]);
    let nodes = [room.db, room.otherNode()].map((db) =>
      openDeliveryNode(db, { bus: network.join(), recheckMs: 150 }),
    );
    const nodeAt = (): DeliveryNode => random.pick(nodes);
    const users = await room.users(
      ...['ana', 'ben', 'cleo'].map((name) => `${name}-${random.seed}`),
    );
    const [ana, ben, cleo] = users as [string, string, string];
    const devices = users.flatMap((userId) =>
      ['phone', 'laptop'].map((deviceId) => new Traveller(userId, deviceId, random)),
    );
    // Before there is anything: a device that is new later starts later (D4).
    for (const device of devices) await device.connect(nodeAt());
    const ids = [
      (await nodeAt().core.conversations.createDirect(ana, ben)).conversation.id,
      (await nodeAt().core.conversations.createGroup(ana, 'All', [ben, cleo])).id,
      (await nodeAt().core.conversations.createGroup(cleo, 'Two', [ana])).id,
    ];
    const memberOf = new Map([
      [ids[0], [ana, ben]],
      [ids[1], [ana, ben, cleo]],
      [ids[2], [cleo, ana]],
    ]);
    const acknowledged = new Map<string, Message>();
    const end = performance.now() + 3_000;
    while (performance.now() < end) {
      const dice = random.below(20);
      if (dice < 3) {
        const device = random.pick(devices);
        if (device.isConnected) await device.disconnect();
        else await device.connect(nodeAt());
      } else if (dice === 3) {
        network.hold();
      } else if (dice === 4) {
        network.release((held) => held.sort(() => random.next() - 0.5));
      } else if (dice === 5 && random.chance(0.2)) {
        network.cut();
      } else if (dice === 6) {
        network.heal();
      } else {
        await Promise.all(
          Array.from({ length: 1 + random.below(6) }, async () => {
            const conversationId = random.pick(ids);
            const sender = random.pick(memberOf.get(conversationId) ?? []);
            const clientMessageId = randomUUID();
            const mine = devices.filter(
              ({ userId, isConnected }) => userId === sender && isConnected,
            );
            const by = (): Promise<Message> =>
              mine.length > 0 && random.chance(0.7)
                ? random.pick(mine).send(conversationId, clientMessageId)
                : nodeAt()
                    .core.messages.send(
                      sendRequest(conversationId, sender, {
                        clientMessageId,
                        contentEncrypted: 'hello',
                      }),
                    )
                    .then(({ message }) => message);
            const first = await by();
            acknowledged.set(first.id, first);
            // Somebody who did not hear the answer asks again, perhaps elsewhere.
            if (random.chance(0.2)) {
              const again = await nodeAt().core.messages.send(
                sendRequest(conversationId, sender, { clientMessageId, contentEncrypted: 'hello' }),
              );
              expect([again.repeated, again.message.seq]).toEqual([true, first.seq]);
            }
          }),
        );
      }
      if (random.chance(0.02)) {
        // A node goes down, and with it its connections; another takes its place.
        const [gone] = nodes as [DeliveryNode];
        for (const device of devices) await device.disconnect();
        await gone.stop();
        nodes = [
          ...nodes.slice(1),
          openDeliveryNode(room.db, { bus: network.join(), recheckMs: 150 }),
        ];
      }
    }

    network.heal();
    network.release();
    for (const device of devices) if (!device.isConnected) await device.connect(nodeAt());
    for (const device of devices) {
      for (const [id = '', members] of memberOf) {
        if (!members.includes(device.userId)) continue;
        const { last_seq } = await nodeAt().core.conversations.read(device.userId, id);
        const all = Array.from({ length: last_seq }, (_, i) => i + 1);
        await until(`${device.userId} has all of ${id}`, () => {
          expect(device.seen.get(id) ?? []).toEqual(all);
          return true;
        });
      }
    }
    // Nothing that was acknowledged is lost, and nothing is stored twice.
    const stored = await room.rows(`SELECT id FROM messages WHERE kind = 'message'`);
    expect(stored.flat().sort()).toEqual([...acknowledged.keys()].sort());

    const lastSeqs = new Map<string, number>();
    for (const message of acknowledged.values()) {
      const { conversation_id: id, seq } = message;
      lastSeqs.set(id, Math.max(lastSeqs.get(id) ?? 0, seq));
    }
    for (const device of devices) {
      await device.acknowledgeAll(
        new Map([...lastSeqs].filter(([id]) => memberOf.get(id)?.includes(device.userId))),
      );
      await device.disconnect();
    }
    for (const userId of users) {
      const { items } = await nodeAt().core.conversations.list(userId, { limit: 50 });
      expect(items.map(({ my }) => my.unread_count)).toEqual(items.map(() => 0));
    }
    for (const node of nodes) await node.stop();
    await until('nobody waits any more', async () => {
      const [row] = await room.rows('SELECT count(*)::integer FROM deliveries');
      return row?.[0] === 0;
    });
  }));
