import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { type AttackTools, addressOf, from } from '../attackTools';
import type { Attack } from './attack';

// Connections that send half a request, or never read the answers to their requests.

/** Sends one byte at a time until the server closes the connection. */
function trickle(socket: Socket, text: string, everyMs = 5): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at >= text.length) clearInterval(timer);
    else socket.write(text.charAt(at++));
  }, everyMs);
}

const upgrade = (query = '') =>
  `GET /socket.io/?EIO=4&transport=websocket${query} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n` +
  'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
/** The header of a masked text frame that announces this many bytes. */
const frameHead = (bytes: number): Buffer => {
  const head = Buffer.alloc(14);
  head.writeUInt8(0x81, 0);
  head.writeUInt8(0xff, 1);
  head.writeBigUInt64BE(BigInt(bytes), 2);
  return head;
};
const long = 'x'.repeat(100_000);

const halves: ((socket: Socket) => void)[] = [
  () => undefined,
  (socket) => socket.write('GET /api/users/me HTTP/1.1\r\nHost: x\r\nX-Slow: '),
  (socket) => socket.write(upgrade()),
  (socket) => socket.write(upgrade().slice(0, -2)),
  (socket) => socket.write(upgrade().replace('/socket.io/', '/elsewhere/')),
  // The beginning of a TLS handshake.
  (socket) => socket.write(Buffer.from('1603010200010001fc0303', 'hex')),
  (socket) => socket.write(Buffer.alloc(1_000, 0xff)),
  (socket) => socket.end('GET'),
];

const writers: ((socket: Socket) => void)[] = [
  (socket) => trickle(socket, `GET /healthz HTTP/1.1\r\nX-Slow: ${long}`),
  (socket) => {
    socket.write(
      'POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n{',
    );
    trickle(socket, long);
  },
  (socket) => {
    socket.write(upgrade());
    socket.write(frameHead(16_000));
    trickle(socket, long, 1);
  },
  (socket) => {
    socket.write(upgrade());
    socket.write(frameHead(2 ** 40));
    trickle(socket, long);
  },
  (socket) => {
    socket.write(
      'POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    trickle(socket, '1\r\nx\r\n'.repeat(20_000));
  },
];

/** The server's time-outs plus its check interval; no raw connection may live longer. */
const MAX_LIFETIME_MS = 25_000;

function rawAttack(name: string, perSecond: number, says: typeof halves): Attack {
  return {
    name,
    begin({ pace, raw, note }) {
      pace(
        perSecond,
        async (n) => {
          const say = says[n % says.length] ?? (() => undefined);
          const lifetimeMs = await raw({ n, address: '127.0.0.9', say });
          note(name, lifetimeMs < MAX_LIFETIME_MS ? 'refused' : 'other');
        },
        1_000,
      );
    },
  };
}

/** Sends commands over a WebSocket and never reads again. */
function neverRead(tools: AttackTools, n: number, packet: (id: number) => string): Promise<void> {
  const url = `${tools.url(n).replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`;
  const webSocket = new WebSocket(url, { headers: from(addressOf(n)) });
  return new Promise((resolve) => {
    let id = 0;
    let timer: NodeJS.Timeout | undefined;
    webSocket.on('open', () =>
      webSocket.send(`40${JSON.stringify({ token: tools.attacker(n).token })}`),
    );
    webSocket.on('message', (data: Buffer) => {
      if (!data.toString().includes('session:ready')) return;
      webSocket.pause();
      timer = setInterval(() => {
        webSocket.send('3');
        for (let i = 0; i < 20; i++) webSocket.send(packet(id++));
        // A paused socket does not notice that the server closed it.
        if (webSocket.bufferedAmount > 1024 * 1024) webSocket.terminate();
      }, 100);
    });
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => {
      clearInterval(timer);
      resolve();
    });
  });
}

export const slowAttacks: readonly Attack[] = [
  rawAttack('half-open', 25, halves),
  rawAttack('slow-writers', 50, writers),
  {
    // Answers to commands: pages of large messages.
    name: 'slow-readers-of-answers',
    begin: (tools) =>
      void tools.pace(
        10,
        (n) => neverRead(tools, n, (id) => `42${id}["chat:sync",{"limit":100}]`),
        100,
      ),
  },
  {
    // Live messages of 48 kB from other attackers.
    name: 'slow-readers-of-messages',
    begin(tools) {
      const content = 'x'.repeat(48_000);
      tools.pace(10, (n) => neverRead(tools, n, () => '3'), 100);
      tools.pace(40, (n) =>
        tools.http({
          ...{ kind: 'large messages', n, method: 'POST', path: '/api/messages' },
          body: {
            conversation_id: tools.attacker(n).conversationId,
            content_encrypted: content,
          },
        }),
      );
    },
  },
  {
    // Pages, exports and files over REST that are requested and never read.
    name: 'slow-readers-of-rest',
    begin(tools) {
      const paths = (n: number): string[] => [
        `/api/messages/${tools.attacker(n).conversationId}?limit=100`,
        '/api/users/me/export',
        '/api/conversations?limit=100',
        '/docs',
      ];
      tools.pace(
        25,
        async (n) => {
          const { token } = tools.attacker(n);
          const path = paths(n)[n % 4] ?? '/';
          const line = `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`;
          const say = (socket: Socket): void => void socket.write(line.repeat(20));
          await tools.raw({ n, address: `127.0.0.${10 + (n % 40)}`, say, reads: false });
        },
        300,
      );
    },
  },
  {
    name: 'open-and-close',
    begin(tools) {
      tools.pace(
        100,
        (n) =>
          new Promise<void>((resolve) => {
            const socket = tools.connect(n, n, { reconnection: false });
            const over = (): void => {
              socket.disconnect();
              resolve();
            };
            socket.once('connect', over);
            socket.once('connect_error', over);
          }),
        200,
      );
    },
  },
];
