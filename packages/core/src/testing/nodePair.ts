import type { SendResult } from '../send/send';
import { type DeliveryNode, openDeliveryNode, sendRequest } from './coreNode';
import { type DeliveryRoom, openDeliveryRoom } from './coreRoom';
import { createFakeNetwork, type FakeNetwork } from './fakes/fakeBus';

/** Two nodes on one database, and a network that can lose, hold and repeat notifications. New for each test. */
export interface NodePair {
  readonly room: DeliveryRoom;
  readonly network: FakeNetwork;
  readonly here: DeliveryNode;
  readonly there: DeliveryNode;
  readonly ana: string;
  readonly ben: string;
  readonly cleo: string;
  /** The number of this test within its file, from 1. */
  readonly round: number;
  /** Ana creates a group with these users on `here`; resolves with its id. */
  group(...others: string[]): Promise<string>;
  send(node: DeliveryNode, conversationId: string, senderId: string): Promise<SendResult>;
}

/** Opens the pair before each test of the file, and closes it after the test. Read its fields inside tests only. */
export function setUpNodePair(): NodePair {
  const pair = {} as { -readonly [Name in keyof NodePair]: NodePair[Name] };
  beforeAll(async () => {
    pair.room = await openDeliveryRoom();
    pair.round = 0;
    pair.group = async (...others) =>
      (await pair.here.core.conversations.createGroup(pair.ana, 'Group', others)).id;
    pair.send = (node, conversationId, senderId) =>
      node.core.messages.send(sendRequest(conversationId, senderId));
  });
  afterAll(() => pair.room.close());
  beforeEach(async () => {
    const { room, round } = pair;
    pair.round = round + 1;
    pair.network = createFakeNetwork();
    const open = (db = room.db): DeliveryNode =>
      openDeliveryNode(db, { bus: pair.network.join(), recheckMs: 100 });
    pair.here = open();
    pair.there = open(room.otherNode());
    [pair.ana, pair.ben, pair.cleo] = await room.users(
      ...([`ana${round}`, `ben${round}`, `cleo${round}`] as const),
    );
  });
  afterEach(() => Promise.all([pair.here.stop(), pair.there.stop()]));
  return pair;
}
