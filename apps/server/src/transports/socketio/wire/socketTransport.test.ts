import { createServer, type Server as HttpServer } from 'node:http';
import { createEventFromJson, type ServerEvent, type ServerEventName } from '@chasqui/protocol';
import { quietLog, until } from '@chasqui/testkit';
import { Server } from 'socket.io';
import { WebSocket } from 'ws';
import type { ChatServer, ChatSocket } from '../chatServer';
import { createSocketTransport, type SocketTransport } from './socketTransport';

let http: HttpServer;
let server: ChatServer;
let client: WebSocket;
let transport: SocketTransport;
const frames: string[] = [];
const held: number[] = [];

beforeEach(async () => {
  frames.length = 0;
  held.length = 0;
  http = createServer();
  server = new Server(http, { perMessageDeflate: false });
  const connected = new Promise<ChatSocket>((resolve) => {
    server.use((socket, next) => {
      transport = createSocketTransport(socket, {
        ...{ batching: false, log: quietLog(), holds: (bytes) => held.push(bytes) },
      });
      next();
    });
    server.once('connection', resolve);
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const address = http.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  client = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
  client.on('message', (data: Buffer) => frames.push(data.toString()));
  client.once('open', () => client.send('40'));
  await connected;
});
afterEach(async () => {
  client.terminate();
  await server.close();
});

const big = JSON.stringify('x'.repeat(100_000));
const events = (): string[] => frames.filter((frame) => frame.startsWith('42'));

function event(name: ServerEventName, json: string): ServerEvent {
  return createEventFromJson(name, json, {
    ...{ conversationId: null, seq: null, recipients: { scope: 'connection' } },
  });
}

test('events arrive in the order in which they were sent', async () => {
  transport.send(event('chat:message_received', '{"seq":1}'));
  transport.send(event('chat:message_received', '{"seq":2}'));
  await until('both have arrived', () => events().length === 2);
  expect(events()).toEqual([
    '42["chat:message_received",{"seq":1}]',
    '42["chat:message_received",{"seq":2}]',
  ]);
});

test('[D3] answers keep their place among the events, and a batch gathered before the flush leaves with it', async () => {
  transport.send(event('chat:message_received', '{"seq":1}'));
  transport.beforeFlush(() => transport.send(event('chat:messages_received', '{"messages":[]}')));
  transport.answer(7, { success: true, seq: 2 });
  transport.send(event('chat:message_received', '{"seq":3}'));
  await until('all have arrived', () => frames.at(-1)?.includes('messages_received') === true);
  expect(frames.slice(-4)).toEqual([
    '42["chat:message_received",{"seq":1}]',
    '437[{"success":true,"seq":2}]',
    '42["chat:message_received",{"seq":3}]',
    '42["chat:messages_received",{"messages":[]}]',
  ]);
});

test("Socket.IO's own packets follow the events that were sent before them", async () => {
  transport.send(event('chat:message_received', '{"seq":1}'));
  server.sockets.sockets.forEach((socket) => socket.disconnect());
  await until('the disconnect packet has arrived', () => frames.at(-1) === '41');
  expect(frames.at(-2)).toBe('42["chat:message_received",{"seq":1}]');
});

test('a connection whose client does not read is full, and calls back when it has drained', async () => {
  client.pause();
  let emitted = 0;
  await until('it is full', () => {
    if (!transport.writable()) return true;
    transport.send(event('chat:message_updated', big));
    emitted++;
    return false;
  });
  let calledBack = 0;
  transport.whenWritable(() => calledBack++);
  await new Promise((resolve) => setImmediate(resolve));
  expect(calledBack).toBe(0);
  client.resume();
  await until('it calls back', () => calledBack === 1);
  await until('everything has arrived', () => events().length === emitted);
  expect(transport.writable()).toBe(true);
});

test('a connection with too many waiting bytes is terminated and ignores further events', async () => {
  client.pause();
  const closed = new Promise((resolve) =>
    server.sockets.sockets.forEach((socket) => socket.once('disconnect', resolve)),
  );
  for (let i = 0; i < 200; i++) transport.send(event('chat:message_updated', big));
  await closed;
  // The node's budget was updated on the way.
  expect(Math.max(...held)).toBeGreaterThan(1_000_000);
  expect(() => transport.send(event('chat:message_updated', big))).not.toThrow();
});
