import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { type ContractRoom, describeTransport, type Received } from '@chasqui/core/testing';
import { systemClock } from '@chasqui/foundation';
import { serverEvents } from '@chasqui/protocol';
import { openEventStream, type StreamEvent } from '@chasqui/testkit';
import { openContractNode } from '../../testing/contractNode';
import { topicEventName } from '../topics/eventNames';
import { openChatStream } from './chatStream';
import { parseSelector } from './selectors/selector';
import { streamLimits } from './stream/streamLimits';
import { chatSelectionOf } from './subscribe/chatSelection';

const ORIGIN = 'http://hub.example';

describeTransport(
  'Mercure',
  async (): Promise<ContractRoom> => {
    const node = await openContractNode();
    const { core, clients, log } = node;
    /** The id that each device returns with: its acknowledgement. */
    const lastEventIds = new Map<string, string>();
    const httpServer = createServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', ORIGIN);
      const userId = searchParams.get('user') ?? '';
      const deviceId = searchParams.get('device') ?? '';
      void open(userId, deviceId).then((stream) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.flushHeaders();
        stream.begin();
      });

      async function open(id: string, device: string) {
        const selector = await parseSelector('topic', `/users/${id}`, ORIGIN);
        const caller = { userId: id, username: id, sessionId: randomUUID(), expiresAt: Infinity };
        return openChatStream(
          { core, clients, log, clock: systemClock, limits: streamLimits },
          {
            ...{ caller, deviceId: device, address: '127.0.0.1', response },
            selection: chatSelectionOf([selector], id, ORIGIN),
            ...{ lastEventId: lastEventIds.get(device), updates: undefined },
          },
        );
      }
    });
    await new Promise<void>((resolve) => httpServer.listen(0, '127.0.0.1', resolve));
    const address = httpServer.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;

    return {
      core,
      users: node.users,
      async connect(userId, { deviceId = randomUUID() } = {}) {
        const query = `user=${userId}&device=${encodeURIComponent(deviceId)}`;
        const stream = await openEventStream(`http://127.0.0.1:${port}/?${query}`);
        return {
          transport: node.transportOf(deviceId),
          get received() {
            return stream.events.map(receivedOf);
          },
          get isClosed() {
            return stream.isEnded || stream.isAborted;
          },
          send: undefined,
          async acknowledge(conversationId, seq) {
            const event = stream.events.find(({ event: type, data }) => {
              const entry = JSON.parse(data) as { conversation_id?: string; seq?: number };
              const isSeq = entry.conversation_id === conversationId && entry.seq === seq;
              return type === 'message' && isSeq;
            });
            if (event === undefined) throw new Error('the entry has not arrived');
            lastEventIds.set(deviceId, event.id);
          },
          stopReading: () => stream.pause(),
          readAgain: () => stream.resume(),
          disconnect: async () => stream.close(),
        };
      },
      async close() {
        httpServer.closeAllConnections();
        httpServer.close();
        await node.close();
      },
    };
  },
  { commands: false, batching: false },
);

/** The names of the core by the types of the stream. */
const names = new Map<string, string>(
  serverEvents.map(({ name }) => [topicEventName(name) ?? name, name]),
);

const receivedOf = ({ event, data }: StreamEvent): Received => ({
  name: event === 'message' ? 'chat:message_received' : (names.get(event) ?? event),
  data: JSON.parse(data) as unknown,
});
