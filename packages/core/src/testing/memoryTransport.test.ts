import { randomUUID } from 'node:crypto';
import { openDeliveryNode, sendRequest } from './coreNode';
import { openDeliveryRoom } from './coreRoom';
import { memoryTransport } from './memoryTransport';
import { type ContractRoom, describeTransport, type Received } from './transportContract';

describeTransport('in memory', async (): Promise<ContractRoom> => {
  const room = await openDeliveryRoom();
  const node = openDeliveryNode(room.db);
  return {
    core: node.core,
    users: room.users,
    async connect(userId, { deviceId = randomUUID(), batching = false } = {}) {
      const received: Received[] = [];
      const transport = memoryTransport({
        capabilities: { batching },
        onSend: ({ name, data }) => received.push({ name, data }),
        onClose: () => live.close(),
      });
      const { live } = await node.connect(userId, { deviceId, transport });
      return {
        received,
        transport,
        get isClosed() {
          return transport.closedFor !== undefined;
        },
        send: (conversationId, contentEncrypted) =>
          new Promise((resolve, reject) => {
            live.send(sendRequest(conversationId, userId, { contentEncrypted }), (outcome) => {
              if (outcome instanceof Error) reject(outcome);
              else {
                received.push({ name: 'answer', data: outcome.message });
                resolve(outcome.message);
              }
              return true;
            });
          }),
        acknowledge: (conversationId, seq) =>
          live.acknowledge({ conversationId, seq }, 'delivered'),
        stopReading: () => transport.takeOnly(3),
        readAgain: () => transport.drain(),
        disconnect: async () => live.close(),
      };
    },
    async close() {
      await node.stop();
      await room.close();
    },
  };
});
