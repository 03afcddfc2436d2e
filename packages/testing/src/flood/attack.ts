// The program of the attackers: node attack.js, with an AttackOrder in FLOOD. It floods until it is ended, each kind at
// many times its limit, and says every second what became of it.
import { randomUUID } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { Agent, request } from 'node:http';
import { io, type Socket } from 'socket.io-client';
import type { Attacker, AttackOrder, Outcomes } from './attackOrder';
import { OUTCOMES } from './attackOrder';
import { startPace } from './pace';

const order = JSON.parse(process.env.FLOOD ?? '{}') as AttackOrder;
const outcomes: Outcomes = {};
/** One per kind, so that what takes long holds up nothing else. */
const agents = new Map<string, Agent>();
const url = (n: number): string => order.urls[n % order.urls.length] ?? '';
const attacker = (n: number): Attacker => {
  const one = order.attackers[n % order.attackers.length];
  if (one === undefined) throw new Error('there are no attackers');
  return one;
};
/** Only the proxy's word counts, and this is the proxy: everybody has an address of their own. */
const addressed = (n: number) => ({ 'x-forwarded-for': `198.51.100.${n % 250}` });

type Outcome = 'accepted' | 'refused' | 'other';

function note(kind: string, outcome: Outcome): void {
  outcomes[kind] ??= { accepted: 0, refused: 0, other: 0 };
  outcomes[kind][outcome] += 1;
}

/** The first of them. */
const ON_SOCKETS = 5;

/** Attackers have two connections each, one per node, and come back when these end. */
const sockets: Socket[] = order.attackers.slice(0, ON_SOCKETS).flatMap(({ token }, i) =>
  order.urls.map((to) =>
    io(to, {
      auth: { token, deviceId: randomUUID(), brief: true },
      transports: ['websocket'],
      forceNew: true,
      reconnectionDelay: 200,
      extraHeaders: addressed(i),
    }),
  ),
);

function ask(kind: string, n: number, command: string, data: object): Promise<void> {
  const socket = sockets[n % sockets.length];
  if (socket?.connected !== true) return Promise.resolve();
  return new Promise((resolve) => {
    socket.timeout(12_000).emit(command, data, (late: unknown, answer: unknown) => {
      note(kind, late === null ? outcomeOf(answer) : 'other');
      resolve();
    });
  });
}

function outcomeOf(answer: unknown): Outcome {
  const { success, error } = answer as { success: boolean; error?: { name: string } };
  if (success) return 'accepted';
  if (error?.name === 'RateLimitError') return 'refused';
  return error?.name === 'UnavailableError' ? 'other' : 'accepted';
}

function http(kind: string, n: number, method: string, path: string, body?: object): Promise<void> {
  const { token } = attacker(n);
  const isOpen = path.startsWith('/api/auth/');
  const content = body === undefined ? undefined : JSON.stringify(body);
  const agent = agents.get(kind) ?? new Agent({ keepAlive: true, maxSockets: 32 });
  agents.set(kind, agent);
  return new Promise((resolve) => {
    const asked = request(
      `${url(n)}${path}`,
      {
        ...{ agent, method, timeout: 12_000 },
        headers: {
          ...addressed(isOpen ? n : n % order.attackers.length),
          ...(isOpen ? {} : { authorization: `Bearer ${token}` }),
          ...(content === undefined ? {} : { 'content-type': 'application/json' }),
        },
      },
      (response) => {
        const { statusCode = 0 } = response;
        // A wrong password is an answer like another: it has cost its price.
        note(kind, statusCode === 429 ? 'refused' : statusCode < 500 ? 'accepted' : 'other');
        response.resume();
        response.once('close', resolve);
      },
    );
    asked.once('error', () => {
      note(kind, 'other');
      resolve();
    });
    asked.end(content);
  });
}

function handshake(kind: string, n: number, token: string): Promise<void> {
  return new Promise((resolve) => {
    const socket = io(url(n), {
      auth: { token },
      ...{ transports: ['websocket'], forceNew: true, reconnection: false, timeout: 12_000 },
      extraHeaders: addressed(200 + (n % 2)),
    });
    const over = (outcome: Outcome): void => {
      note(kind, outcome);
      socket.disconnect();
      resolve();
    };
    socket.once('session:ready', () => over('accepted'));
    socket.once('connect_error', (error) => {
      const { data } = error as { data?: { name?: string } };
      // By name, or by a bare 429; what is told by another name was looked at.
      const isRefused = data === undefined || data.name === 'RateLimitError';
      over(isRefused ? 'refused' : 'accepted');
    });
  });
}

/** Half a request, or half a WebSocket, that is never finished; resolves when the server has ended it. */
function halfOpen(kind: string, n: number): Promise<void> {
  const { hostname, port } = new URL(url(n));
  const words = [
    '',
    'GET /api/users/me HTTP/1.1\r\nHost: x\r\nX-Slow: ',
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
  ];
  return new Promise((resolve) => {
    const began = performance.now();
    // Not by the proxy.
    const socket = connectTcp({ host: hostname, port: Number(port), localAddress: '127.0.0.9' });
    socket.on('error', () => undefined);
    socket.on('connect', () => socket.write(words[n % words.length] ?? ''));
    socket.resume();
    socket.once('close', () => {
      // A half-open one lives for 10 s and the time until the server looks; anything longer is too long.
      note(kind, performance.now() - began < 25_000 ? 'refused' : 'other');
      resolve();
    });
  });
}

const many = (perSecond: number) => ({ perSecond, underWayMax: 2_000 });

startPace(many(1_000), (n) => {
  const { conversationId } = attacker(Math.floor((n % sockets.length) / order.urls.length));
  return ask('send', n, 'chat:message_send', { conversationId, contentEncrypted: 'flood' });
});
startPace(many(500), (n) => {
  const { conversationId } = attacker(Math.floor((n % sockets.length) / order.urls.length));
  return ask('typing', n, 'chat:typing', { conversationId, isTyping: n % 2 === 0 });
});
startPace(many(400), (n) => ask('sync', n, 'chat:sync', {}));
startPace(many(300), (n) => ask('unknown', n, 'chat:nonsense', {}));
startPace(many(200), (n) => ask('presence', n, n % 2 ? 'presence:online' : 'presence:offline', {}));

// These by REST, from few people, so that each is at many times the limit.
startPace({ perSecond: 100, underWayMax: 100 }, () =>
  http('search', 5, 'GET', '/api/users?query=a'),
);
startPace({ perSecond: 100, underWayMax: 100 }, () =>
  http('membership', 6, 'POST', '/api/conversations/group', {
    title: 'flood',
    participant_ids: [],
  }),
);
startPace({ perSecond: 100, underWayMax: 100 }, (n) =>
  http('change', 7, 'PATCH', `/api/messages/${attacker(7).messageId}`, {
    content_encrypted: `edit ${n}`,
  }),
);
startPace({ perSecond: 20, underWayMax: 20 }, (n) =>
  http('login', n % 20, 'POST', '/api/auth/login', { username: order.victim, password: 'guess' }),
);
startPace({ perSecond: 10, underWayMax: 20 }, (n) =>
  http('register', 249, 'POST', '/api/auth/register', {
    ...{ username: `flood_${randomUUID().slice(0, 8)}`, email: `${randomUUID()}@example.org` },
    ...{ password: n % 2 ? 'correct horse' : 'short' },
  }),
);
startPace({ perSecond: 30, underWayMax: 100 }, (n) => handshake('stranger', n, 'nonsense'));
startPace({ perSecond: 30, underWayMax: 100 }, (n) => handshake('connect', n, attacker(3).token));
startPace({ perSecond: 25, underWayMax: 400 }, (n) => halfOpen('half-open', n));

process.stdout.write(`${JSON.stringify({ msg: 'flooding' })}\n`);
setInterval(() => {
  process.stdout.write(`${JSON.stringify({ msg: OUTCOMES, outcomes })}\n`);
}, 1_000);
