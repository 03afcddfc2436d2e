import { randomUUID } from 'node:crypto';
import type { Database } from '@chasqui/db';
import { type Clock, systemClock } from '@chasqui/foundation';
import { quietLog } from '@chasqui/testkit';
import { createDirect } from '../conversations/createDirect';
import { createGroup } from '../conversations/group/createGroup';
import type { SendRequest, SendResult } from '../send/send';
import { readMessageById } from '../messages/readMessages';
import { createSender, type Sender } from '../send/sender';
import type { StoredSends } from '../send/send';
import { type DeliveryRoom, openDeliveryRoom } from './coreRoom';
import { noGauges } from './fakes/noGauges';

/** The send path of one node, with its recorded results. */
export interface SendNode {
  sender: Sender;
  announced: StoredSends[];
  batches: number[];
  waiting: string[];
  log: ReturnType<typeof quietLog>;
  send(request: SendRequest): Promise<SendResult>;
}

/** The send paths of two nodes on one database, with three users and a way to lock conversations. */
export interface SendRoom extends DeliveryRoom {
  ana: string;
  ben: string;
  eve: string;
  readonly nodes: readonly [SendNode, SendNode];
  /** The first node for even numbers (the default), the second for odd ones. */
  node(i?: number): SendNode;
  openNode(db: Database, options?: { clock?: Clock; announce?: () => void }): SendNode;
  /** Creates a direct conversation of Ana and Ben. */
  newDirect(): Promise<string>;
  /** Creates a group of Ana and these users. */
  newGroup(...others: string[]): Promise<string>;
  seqs(conversationId: string): Promise<unknown[]>;
  /** Locks rows of conversations from another transaction, like a slow one. */
  hold(...ids: string[]): Promise<{ release(): Promise<void> }>;
}

export async function openSendRoom(): Promise<SendRoom> {
  const room = await openDeliveryRoom();
  const [ana, ben, eve] = await room.users('ana', 'ben', 'eve');
  const nodes = [openSendNode(room.db), openSendNode(room.otherNode())] as const;
  const holder = room.otherNode();
  return {
    ...room,
    ...{ ana, ben, eve, nodes, openNode: openSendNode },
    node: (i = 0) => nodes[i % 2 === 0 ? 0 : 1],
    newDirect: async () => (await createDirect(room, ana, ben)).conversation.id,
    newGroup: async (...others) => (await createGroup(room, ana, 'Group', others)).id,
    async seqs(conversationId) {
      const rows = await room.rows(
        'SELECT seq::integer FROM messages WHERE conversation_id = $1 ORDER BY seq',
        conversationId,
      );
      return rows.flat();
    },
    async hold(...ids) {
      const transaction = await holder.sequelize.transaction();
      await holder.sequelize.query('SELECT FROM conversations WHERE id IN (:ids) FOR UPDATE', {
        replacements: { ids },
        transaction,
      });
      return { release: () => transaction.commit() };
    },
    async close() {
      await Promise.all(nodes.map(({ sender }) => sender.idle()));
      await room.close();
    },
  };
}

function openSendNode(
  db: Database,
  { clock = systemClock, announce }: { clock?: Clock; announce?: () => void } = {},
): SendNode {
  const announced: StoredSends[] = [];
  const batches: number[] = [];
  const waiting: string[] = [];
  const log = quietLog();
  const sender = createSender({
    ...{ db, clock, log, firstDelayMs: 2_000 },
    gauges: { ...noGauges, sendBatch: (messages) => void batches.push(messages) },
    readMessage: (id) => readMessageById(db, id),
    afterRefusal: (_request, refused) => Promise.resolve(refused),
    fanOut: {
      stored(batch) {
        announced.push(...batch);
        for (const { entry, message, reply } of batch.flatMap(({ sends }) => sends)) {
          reply.stored(undefined, entry, message);
        }
        announce?.();
      },
    },
    wakeups: { enqueueAfterCommit: (users) => void waiting.push(...users) },
  });
  return {
    ...{ sender, announced, batches, waiting, log },
    send: (request) =>
      new Promise((resolve, reject) => {
        sender.send(randomUUID(), request, {
          origin: null,
          stored: (_conversation, _entry, message) => resolve({ message, repeated: false }),
          repeated: (message) => resolve({ message, repeated: true }),
          failed: reject,
        });
      }),
  };
}

/** The outcome of a send: `ok`, or the name of its error. */
export function nameOf(outcome: PromiseSettledResult<unknown>): string {
  if (outcome.status === 'fulfilled') return 'ok';
  return outcome.reason instanceof Error ? outcome.reason.name : String(outcome.reason);
}
