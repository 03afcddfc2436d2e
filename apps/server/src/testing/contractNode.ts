import type { Transport } from '@chasqui/core/ports';
import { type DeliveryNode, openDeliveryNode, openDeliveryRoom } from '@chasqui/core/testing';
import { noBulkheads, noRejectBackoff } from '@chasqui/limits';
import { quietLog, until } from '@chasqui/testkit';
import { type ClientConnections, createClientConnections } from '../connections/clientConnections';
import { endlessBudget } from '../connections/eventBudget';

/** A core with client connections, for the contract test of a transport. Sessions never end, presence is not kept. */
export interface ContractNode {
  readonly core: DeliveryNode['core'];
  readonly clients: ClientConnections;
  readonly presence: {
    connected(): void;
    disconnected(): void;
    setVisible(): void;
    statusOf(): Promise<Map<string, never>>;
  };
  readonly log: ReturnType<typeof quietLog>;
  users: Awaited<ReturnType<typeof openDeliveryRoom>>['users'];
  /** The transport that the core was given last for this device. */
  transportOf(deviceId: string): Transport;
  /** Waits until a user has acknowledged a conversation up to seq. */
  acknowledged(userId: string, conversationId: string, seq: number): Promise<unknown>;
  close(): Promise<void>;
}

export async function openContractNode(): Promise<ContractNode> {
  const room = await openDeliveryRoom();
  const node = openDeliveryNode(room.db);
  const log = quietLog();
  const transports = new Map<string, Transport>();
  const presence = {
    connected: () => undefined,
    disconnected: () => undefined,
    setVisible: () => undefined,
    statusOf: () => Promise.resolve(new Map<string, never>()),
  };
  const clients = createClientConnections({
    ...{ presence, log, bulkheads: noBulkheads, rejectBackoff: noRejectBackoff },
    core: {
      connections: {
        ...node.core.connections,
        open(params) {
          transports.set(params.deviceId, params.transport);
          return node.core.connections.open(params);
        },
      },
    },
    wakeups: { promote: () => undefined },
    sessionCache: { states: () => Promise.resolve(new Map()) } as never,
    endings: { announce: () => undefined, onEnded: () => () => undefined },
    bus: { onRecovered: () => () => undefined, connected: () => true } as never,
    createBudget: () => endlessBudget,
    capabilities: [],
  });
  return {
    ...{ core: node.core, clients, presence, log, users: room.users },
    transportOf(deviceId) {
      const transport = transports.get(deviceId);
      if (transport === undefined) throw new Error('the core was given no transport');
      return transport;
    },
    acknowledged: (userId, conversationId, seq) =>
      until(`${seq} is acknowledged`, async () => {
        const { participants } = await node.core.conversations.read(userId, conversationId);
        return participants.some((one) => one.user_id === userId && one.delivered_seq >= seq);
      }),
    async close() {
      clients.stop();
      await node.stop();
      await room.close();
    },
  };
}
