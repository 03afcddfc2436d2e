import { randomUUID } from 'node:crypto';
import { io, type Socket } from 'socket.io-client';
import { type AttackTools, from, type Outcome } from '../attackTools';
import type { Attack } from './attack';

/** Number of people who flood over sockets. */
export const SENDERS = 5;

function outcomeOf(answer: unknown): Outcome {
  const { success, error } = answer as { success: boolean; error?: { name: string } };
  if (success) return 'accepted';
  if (error?.name === 'RateLimitError') return 'refused';
  return error?.name === 'UnavailableError' ? 'other' : 'accepted';
}

function handshake({ url, note }: AttackTools, kind: string, n: number, token: string) {
  return new Promise<void>((resolve) => {
    const socket = io(url(n), {
      auth: { token },
      ...{ transports: ['websocket'], forceNew: true, reconnection: false, timeout: 12_000 },
      extraHeaders: from(`198.51.100.${200 + (n % 2)}`),
    });
    const over = (outcome: Outcome): void => {
      note(kind, outcome);
      socket.disconnect();
      resolve();
    };
    socket.once('session:ready', () => over('accepted'));
    socket.once('connect_error', (error) => {
      const { data } = error as { data?: { name?: string } };
      // RateLimitError or a bare 429; any other error means that the handshake was processed.
      const isRefused = data === undefined || data.name === 'RateLimitError';
      over(isRefused ? 'refused' : 'accepted');
    });
  });
}

/** Every kind of action at many times its limit: over sockets, over REST, from many addresses, and unauthenticated. */
export const everyLimit: Attack = {
  name: 'every-limit',
  begin(tools) {
    const { order, attacker, note, pace, http } = tools;
    /** Two connections per sender, one on each node. */
    const sockets: Socket[] = Array.from({ length: SENDERS }, (_, i) => [
      tools.connect(i, 0),
      tools.connect(i, 1),
    ]).flat();
    const ask = (kind: string, n: number, command: string, data: object): Promise<void> => {
      const socket = sockets[n % sockets.length];
      if (socket?.connected !== true) return Promise.resolve();
      return new Promise((resolve) => {
        socket.timeout(12_000).emit(command, data, (late: unknown, answer: unknown) => {
          note(kind, late === null ? outcomeOf(answer) : 'other');
          resolve();
        });
      });
    };
    const conversationOf = (n: number): string =>
      attacker(Math.floor((n % sockets.length) / 2)).conversationId;
    const many = 2_000;

    pace(
      1_000,
      (n) =>
        ask('send', n, 'chat:message_send', {
          ...{ conversationId: conversationOf(n), contentEncrypted: 'flood' },
        }),
      many,
    );
    pace(
      500,
      (n) =>
        ask('typing', n, 'chat:typing', {
          ...{ conversationId: conversationOf(n), isTyping: n % 2 === 0 },
        }),
      many,
    );
    pace(400, (n) => ask('sync', n, 'chat:sync', {}), many);
    pace(300, (n) => ask('unknown', n, 'chat:nonsense', {}), many);
    pace(200, (n) => ask('presence', n, n % 2 ? 'presence:online' : 'presence:offline', {}), many);
    // Over REST and from few people, so that each person exceeds the limit many times over.
    pace(100, () => http({ kind: 'search', n: 15, method: 'GET', path: '/api/users?query=att' }));
    pace(100, () =>
      http({
        ...{ kind: 'membership', n: 16, method: 'POST', path: '/api/conversations/group' },
        body: { title: 'flood', participant_ids: [] },
      }),
    );
    pace(100, (n) =>
      http({
        ...{ kind: 'change', n: 17, method: 'PATCH' },
        path: `/api/messages/${attacker(17).messageId}`,
        body: { content_encrypted: `edit ${n}` },
      }),
    );
    pace(20, (n) =>
      http({
        ...{ kind: 'login', n: n % 20, method: 'POST', path: '/api/auth/login', isOpen: true },
        body: { username: order.victim, password: 'guess' },
      }),
    );
    pace(
      10,
      (n) =>
        http({
          ...{ kind: 'register', n: 249, method: 'POST', path: '/api/auth/register', isOpen: true },
          body: {
            ...{
              username: `flood_${randomUUID().slice(0, 8)}`,
              email: `${randomUUID()}@example.org`,
            },
            ...{ password: n % 2 ? randomUUID() : 'short' },
          },
        }),
      20,
    );
    pace(30, (n) => handshake(tools, 'stranger', n, 'nonsense'), 100);
    pace(30, (n) => handshake(tools, 'connect', n, attacker(3).token), 100);
  },
};
