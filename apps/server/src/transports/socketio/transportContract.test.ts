import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { performance } from 'node:perf_hooks';
import {
  type ContractClient,
  type ContractRoom,
  describeTransport,
  type Received,
} from '@chasqui/core/testing';
import {
  createByteBudgets,
  noBulkheads,
  noLimits,
  noQuotas,
  noRejectBackoff,
  unlimitedConnections,
  unlimitedTraffic,
} from '@chasqui/limits';
import { InternalError, type Message } from '@chasqui/protocol';
import { until } from '@chasqui/testkit';
import { WebSocket } from 'ws';
import { openGate } from '../../connections/connectionGate';
import { openContractNode } from '../../testing/contractNode';
import { createSocketGateway } from './gateway';

describeTransport('Socket.IO', async (): Promise<ContractRoom> => {
  const node = await openContractNode();
  const { clients, presence, log } = node;
  const httpServer = createServer();
  const gateway = createSocketGateway({
    httpServer,
    nodeName: undefined,
    identity: {
      // The token is the user's id.
      authenticate: (userId) =>
        Promise.resolve({
          ...{ userId, username: userId, sessionId: randomUUID(), expiresAt: Infinity },
        }),
    },
    core: node.core,
    ...{ clients, presence, log, bulkheads: noBulkheads, rejectBackoff: noRejectBackoff },
    origins: { cors: { origin: false } },
    admitsPage: () => true,
    addressOf: () => '127.0.0.1',
    ...{ limits: noLimits, quotas: noQuotas, gate: openGate, traffic: unlimitedTraffic },
    ...{ userConnectionQuota: unlimitedConnections, addressConnectionQuota: unlimitedConnections },
    ...createByteBudgets({ log, now: () => performance.now() }),
    failed: () => new InternalError('a command failed'),
    securityLog: { count: () => undefined },
  });
  await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
  const address = httpServer.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    core: node.core,
    users: node.users,
    async connect(userId, { deviceId = randomUUID(), batching = false } = {}) {
      const client = openSocket(`ws://127.0.0.1:${port}`, { token: userId, deviceId, batching });
      await until('the session is ready', () => client.isReady());
      return {
        transport: node.transportOf(deviceId),
        received: client.received,
        get isClosed() {
          return client.isClosed;
        },
        send: client.send,
        acknowledge: client.acknowledge,
        stopReading: client.stopReading,
        readAgain: client.readAgain,
        disconnect: client.disconnect,
      };
    },
    async close() {
      await gateway.close();
      await node.close();
    },
  };
});

interface SocketClient extends Omit<ContractClient, 'transport'> {
  isReady(): boolean;
}

/** A Socket.IO client on a bare WebSocket, which can stop reading. */
function openSocket(
  url: string,
  { token, deviceId, batching }: { token: string; deviceId: string; batching: boolean },
): SocketClient {
  const socket = new WebSocket(`${url}/socket.io/?EIO=4&transport=websocket`);
  const received: Received[] = [];
  const answers = new Map<number, (answer: Answer) => void>();
  let packetId = 0;
  let isReady = false;

  socket.on('message', (packet: Buffer) => {
    const text = packet.toString();
    if (text.startsWith('0'))
      socket.send(`40${JSON.stringify({ token, deviceId, batch: batching })}`);
    else if (text === '2') socket.send('3');
    else if (text.startsWith('42')) onEvent(JSON.parse(text.slice(2)) as [string, unknown]);
    else if (text.startsWith('43')) onAnswer(text.slice(2));
  });

  function onEvent([name, data]: [string, unknown]): void {
    if (name === 'session:ready') isReady = true;
    else received.push({ name, data });
  }

  function onAnswer(text: string): void {
    const id = Number.parseInt(text, 10);
    const [answer] = JSON.parse(text.slice(text.indexOf('['))) as [Answer];
    if (answer.message !== undefined) received.push({ name: 'answer', data: answer.message });
    answers.get(id)?.(answer);
    answers.delete(id);
  }

  async function ask(command: string, data: object): Promise<Answer> {
    const id = (packetId += 1);
    const answer = await new Promise<Answer>((resolve) => {
      answers.set(id, resolve);
      socket.send(`42${id}${JSON.stringify([command, data])}`);
    });
    if (!answer.success) throw new Error(`${command} failed`);
    return answer;
  }

  return {
    received,
    isReady: () => isReady,
    get isClosed() {
      return socket.readyState === WebSocket.CLOSED;
    },
    async send(conversationId, contentEncrypted) {
      const { message } = await ask('chat:message_send', { conversationId, contentEncrypted });
      if (message === undefined) throw new Error('the answer has no message');
      return message;
    },
    async acknowledge(conversationId, seq) {
      await ask('chat:message_delivered', { conversationId, seq });
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

interface Answer {
  success: boolean;
  message?: Message;
}
