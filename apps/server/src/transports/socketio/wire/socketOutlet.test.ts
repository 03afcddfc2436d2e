import { createServer, type Server as HttpServer } from 'node:http';
import { quietLog, until } from '@chasqui/testkit';
import { Server } from 'socket.io';
import { WebSocket } from 'ws';
import type { ChatServer, ChatSocket } from '../chatServer';
import { createSocketOutlet, type SocketOutlet } from './socketOutlet';

let http: HttpServer;
let server: ChatServer;
let client: WebSocket;
let outlet: SocketOutlet;
const frames: string[] = [];
const held: number[] = [];

beforeEach(async () => {
  frames.length = 0;
  held.length = 0;
  http = createServer();
  server = new Server(http, { perMessageDeflate: false });
  const connected = new Promise<ChatSocket>((resolve) => {
    server.use((socket, next) => {
      outlet = createSocketOutlet(socket, quietLog(), (bytes) => held.push(bytes));
      outlet.emit('chat:queue_empty', '{"delivered":0}');
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
const told = (): string[] => frames.filter((frame) => frame.startsWith('42'));

test('nothing comes before the outlet is opened, and then everything in order', async () => {
  const { length } = told();
  outlet.open();
  outlet.emit('chat:message_received', '{"seq":1}');
  outlet.emit('chat:message_received', '{"seq":2}');
  await until('all have come', () => told().length === 3);
  expect(length).toBe(0);
  expect(told()).toEqual([
    '42["chat:queue_empty",{"delivered":0}]',
    '42["chat:message_received",{"seq":1}]',
    '42["chat:message_received",{"seq":2}]',
  ]);
});

test('[D3] answers take their turn among the events, and what is gathered last leaves in this turn too', async () => {
  outlet.open();
  outlet.emit('chat:message_received', '{"seq":1}');
  outlet.lastCall(() => outlet.emit('chat:messages_received', '{"messages":[]}'));
  outlet.answer(7, { success: true, seq: 2 });
  outlet.emit('chat:message_received', '{"seq":3}');
  await until('all have come', () => frames.at(-1)?.includes('messages_received') === true);
  expect(frames.slice(-4)).toEqual([
    '42["chat:message_received",{"seq":1}]',
    '437[{"success":true,"seq":2}]',
    '42["chat:message_received",{"seq":3}]',
    '42["chat:messages_received",{"messages":[]}]',
  ]);
});

test("Socket.IO's own packets come after what was written before them", async () => {
  outlet.open();
  outlet.emit('chat:message_received', '{"seq":1}');
  server.sockets.sockets.forEach((socket) => socket.disconnect());
  await until('it has said goodbye', () => frames.at(-1) === '41');
  expect(frames.at(-2)).toBe('42["chat:message_received",{"seq":1}]');
});

test('a connection that does not read is full, and calls back when it has read', async () => {
  outlet.open();
  client.pause();
  let emitted = 0;
  await until('it is full', () => {
    if (!outlet.writable()) return true;
    outlet.emit('chat:message_updated', big);
    emitted++;
    return false;
  });
  let calledBack = 0;
  outlet.whenWritable(() => calledBack++);
  await new Promise((resolve) => setImmediate(resolve));
  expect(calledBack).toBe(0);
  client.resume();
  await until('it calls back', () => calledBack === 1);
  await until('everything has come', () => told().length === emitted + 1);
  expect(outlet.writable()).toBe(true);
});

test('a connection for which too much waits is given up, and takes no more', async () => {
  outlet.open();
  client.pause();
  const closed = new Promise((resolve) =>
    server.sockets.sockets.forEach((socket) => socket.once('disconnect', resolve)),
  );
  for (let i = 0; i < 200; i++) outlet.emit('chat:message_updated', big);
  await closed;
  // The node's budget was told on the way.
  expect(Math.max(...held)).toBeGreaterThan(1_000_000);
  expect(() => outlet.emit('chat:message_updated', big)).not.toThrow();
});
