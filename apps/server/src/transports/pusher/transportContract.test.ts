import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import {
  type ContractClient,
  type ContractRoom,
  describeTransport,
  type Received,
} from '@chasqui/core/testing';
import { systemClock } from '@chasqui/foundation';
import {
  createByteBudgets,
  noLimits,
  unlimitedConnections,
  unlimitedTraffic,
} from '@chasqui/limits';
import { InternalError, serverEvents } from '@chasqui/protocol';
import { until } from '@chasqui/testkit';
import { WebSocket } from 'ws';
import { openGate } from '../../connections/connectionGate';
import { openContractNode } from '../../testing/contractNode';
import { topicEventName } from '../topics/eventNames';
import { channelDataOf } from './auth/chatGrant';
import { createSignatures } from './auth/signatures';
import { createPusherGateway } from './gateway';

describeTransport(
  'Pusher Channels',
  async (): Promise<ContractRoom> => {
    const node = await openContractNode();
    const { core, clients, presence, log } = node;
    const httpServer = createServer();
    const chat = createSignatures('chasqui', ['a secret']);
    const gateway = createPusherGateway({
      ...{ httpServer, core, clients, presence, log, chat, clock: systemClock },
      ...{ application: undefined, generic: undefined, appKey: 'chasqui' },
      admitsPage: () => true,
      addressOf: () => '127.0.0.1',
      ...{ limits: noLimits, gate: openGate, traffic: unlimitedTraffic },
      ...{
        userConnectionQuota: unlimitedConnections,
        addressConnectionQuota: unlimitedConnections,
      },
      ...createByteBudgets({ log, now: () => performance.now() }),
      failed: () => new InternalError('a subscription failed'),
      securityLog: { count: () => undefined },
    });
    await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
    const address = httpServer.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    return {
      core,
      users: node.users,
      async connect(userId, { deviceId = randomUUID() } = {}) {
        const client = openSocket(`ws://127.0.0.1:${port}`, (socketId) => {
          const channel = `private-user-${userId}`;
          const channelData = channelDataOf({
            ...{ userId, username: userId, sessionId: randomUUID(), deviceId },
            ...{ since: undefined, expiresAt: Number.MAX_SAFE_INTEGER },
          });
          const auth = chat.ofChannel(socketId, channel, channelData);
          return { channel, auth, channel_data: channelData };
        });
        await until('the channel is subscribed', () => client.isSubscribed());
        return {
          transport: node.transportOf(deviceId),
          received: client.received,
          get isClosed() {
            return client.isClosed;
          },
          send: undefined,
          async acknowledge(conversationId, seq) {
            await node.acknowledged(userId, conversationId, seq);
            client.stopAnsweringPings();
          },
          stopReading: client.stopReading,
          readAgain: client.readAgain,
          disconnect: client.disconnect,
        };
      },
      async close() {
        await gateway.close();
        httpServer.close();
        await node.close();
      },
    };
  },
  { commands: false, batching: false },
);

interface SocketClient extends Omit<ContractClient, 'transport' | 'send' | 'acknowledge'> {
  isSubscribed(): boolean;
  stopAnsweringPings(): void;
}

/** The names of the core by those of the protocol. */
const names = new Map<string, string>(
  serverEvents.map(({ name }) => [topicEventName(name) ?? name, name]),
);

/** A Pusher client on a bare WebSocket, which can stop reading. */
function openSocket(url: string, subscription: (socketId: string) => object): SocketClient {
  const socket = new WebSocket(`${url}/app/chasqui?protocol=7`);
  const received: Received[] = [];
  let isSubscribed = false;
  let answersPings = true;
  const say = (event: string, data: object): void => socket.send(JSON.stringify({ event, data }));

  socket.on('message', (packet: Buffer) => {
    const { event, data } = JSON.parse(packet.toString()) as { event: string; data: string };
    const value: unknown = JSON.parse(data);
    if (event === 'pusher:connection_established')
      say('pusher:subscribe', subscription((value as { socket_id: string }).socket_id));
    else if (event === 'pusher_internal:subscription_succeeded') isSubscribed = true;
    else if (event === 'pusher:ping') {
      if (answersPings) say('pusher:pong', {});
    } else received.push({ name: names.get(event) ?? event, data: value });
  });

  return {
    received,
    isSubscribed: () => isSubscribed,
    stopAnsweringPings: () => void (answersPings = false),
    get isClosed() {
      return socket.readyState === WebSocket.CLOSED;
    },
    stopReading: () => socket.pause(),
    readAgain: () => socket.resume(),
    async disconnect() {
      if (socket.readyState === WebSocket.CLOSED) return;
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.terminate();
      await closed;
    },
  };
}
