import { readFileSync } from 'node:fs';
import { createServer, type Server as HttpServer } from 'node:http';
import { Socket } from 'node:net';
import path from 'node:path';
import { thisRelease, until } from '@chasqui/testkit';
import { Server } from 'socket.io';
import { WebSocket, WebSocketServer } from 'ws';
import * as z from 'zod';
import type { ChatServer, ChatSocket } from '../chatServer';
import { terminate } from '../wire/terminate';
import {
  boundBodies,
  bytesWaiting,
  dropRequest,
  type EngineSocket,
  flushOnce,
  packetsWaiting,
  sessionIdOf,
  unboundBodies,
  webSocketOf,
  writeEncoded,
} from './engineIo';
import { dropHandshakeData, receiveCommands } from './socketIo';
import { allowMessages, tcpSocketOf, unreadBytesOf } from './ws';

// With another version of one of these libraries, compare the members that the three files use with its source.

let http: HttpServer;
let server: ChatServer;
let address: string;
const clients: WebSocket[] = [];
const polling: EngineSocket[] = [];

beforeEach(async () => {
  http = createServer();
  server = new Server(http, { perMessageDeflate: false, wsEngine: WebSocketServer });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const bound = http.address();
  address = `127.0.0.1:${typeof bound === 'object' && bound !== null ? bound.port : 0}`;
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.terminate();
  for (const conn of polling.splice(0)) terminate(conn);
  await server.close();
});

async function openWebSocket(): Promise<{
  client: WebSocket;
  received: string[];
  socket: ChatSocket;
}> {
  const connected = new Promise<ChatSocket>((resolve) => server.once('connection', resolve));
  const client = new WebSocket(`ws://${address}/socket.io/?EIO=4&transport=websocket`);
  clients.push(client);
  const received: string[] = [];
  client.on('message', (data: Buffer) => received.push(data.toString()));
  client.once('open', () => client.send('40'));
  return { client, received, socket: await connected };
}

const pollUrl = () => `http://${address}/socket.io/?EIO=4&transport=polling`;

async function openPolling(): Promise<{ conn: EngineSocket; url: string }> {
  const opened = new Promise<EngineSocket>((resolve) => server.engine.once('connection', resolve));
  await (await fetch(pollUrl())).text();
  const conn = await opened;
  polling.push(conn);
  return { conn, url: `${pollUrl()}&sid=${sessionIdOf(conn)}` };
}

test('the installed versions are those with which the private members were checked', () => {
  const installed = ['socket.io', 'engine.io', 'ws'].map((name) => {
    const manifest = path.join(thisRelease, 'node_modules', name, 'package.json');
    return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(manifest, 'utf8')));
  });
  expect(installed.map(({ version }) => version)).toEqual(['4.8.4', '6.6.11', '8.23.0']);
});

test('commands reach the callback with their packet id, and the handshake data are dropped', async () => {
  const { client, socket } = await openWebSocket();
  const commands: unknown[] = [];
  receiveCommands(socket, (...command) => commands.push(command));
  client.send('427["chat:sync",{"since":1}]');
  client.send('42["typing"]');
  await until('both have arrived', () => commands.length === 2);
  expect(commands).toEqual([
    ['chat:sync', { since: 1 }, 7],
    ['typing', undefined, undefined],
  ]);
  dropHandshakeData(socket);
  dropRequest(socket.conn);
  expect(socket.handshake.headers).toEqual({});
  expect(socket.request).toBeNull();
});

test('a WebSocket and its TCP socket are found, and encoded packets are sent as they are', async () => {
  const { received, socket } = await openWebSocket();
  const webSocket = webSocketOf(socket.conn);
  if (webSocket === undefined) throw new Error('there is no WebSocket');
  expect(webSocket).toBeInstanceOf(WebSocket);
  expect(tcpSocketOf(webSocket)).toBeInstanceOf(Socket);
  expect(packetsWaiting(socket.conn)).toBe(0);
  writeEncoded(socket.conn, 'not sent', Buffer.from('\u0081\u0006encode', 'latin1'));
  await until('it has arrived', () => received.at(-1) === 'encode');
});

test('an incomplete message is counted, and a message above the limit closes the connection', async () => {
  const { client, socket } = await openWebSocket();
  const webSocket = webSocketOf(socket.conn);
  if (webSocket === undefined) throw new Error('there is no WebSocket');
  expect(unreadBytesOf(webSocket)).toBe(0);
  client.send('x'.repeat(500), { fin: false });
  await until('it is counted', () => unreadBytesOf(webSocket) >= 500);
  const closed = new Promise((resolve) => client.once('close', resolve));
  allowMessages(webSocket, 600);
  client.send('x'.repeat(500), { fin: true });
  expect(await closed).toBe(1009);
});

test('packets wait for one poll and leave together', async () => {
  const { conn, url } = await openPolling();
  expect(webSocketOf(conn)).toBeUndefined();
  const before = packetsWaiting(conn);
  flushOnce(conn, () => {
    writeEncoded(conn, 'one', Buffer.from('1'));
    writeEncoded(conn, 'two', Buffer.from('2'));
  });
  expect(packetsWaiting(conn)).toBe(before + 2);
  expect(bytesWaiting(conn)).toBeGreaterThan(6);
  expect(await (await fetch(url)).text()).toBe('4one\u001e4two');
});

test('the bodies of polls are bounded until the bounds are lifted', async () => {
  const { conn, url } = await openPolling();
  const post = (body: string) => fetch(url, { method: 'POST', body });
  boundBodies(conn, { maxBytes: 100, accepts: (body) => !body.includes('refused') });
  expect((await post('6accepted')).status).toBe(200);
  expect((await post('6'.repeat(101))).status).toBe(413);
  const other = await openPolling();
  boundBodies(other.conn, { maxBytes: 100, accepts: () => false });
  unboundBodies(other.conn, 1_000);
  expect((await fetch(other.url, { method: 'POST', body: '6'.repeat(500) })).status).toBe(200);
  const third = await openPolling();
  const closed = new Promise((resolve) => third.conn.once('close', resolve));
  boundBodies(third.conn, { maxBytes: 100, accepts: () => false });
  // A transport that errs without a waiting poll would wait for one before it closes.
  const poll = fetch(third.url).catch(() => undefined);
  await until('the poll waits', () => third.conn.transport.writable);
  await fetch(third.url, { method: 'POST', body: '6refused' }).catch(() => undefined);
  expect(await closed).toBe('transport error');
  await poll;
});
