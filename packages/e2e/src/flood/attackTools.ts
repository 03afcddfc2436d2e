import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { connect as connectTcp, type Socket as TcpSocket } from 'node:net';
import { io, type ManagerOptions, type Socket } from 'socket.io-client';
import type { Attacker, AttackOrder, Outcomes } from './attackOrder';
import { type Pace, startPace } from './pace';

export type Outcome = 'accepted' | 'refused' | 'other';

/** Building blocks of attacks. */
export interface AttackTools {
  readonly order: AttackOrder;
  /** The address of a node, round-robin. */
  url(n: number): string;
  attacker(n: number): Attacker;
  note(kind: string, outcome: Outcome): void;
  /** Starts work at a rate, by default with at most one second's worth in flight. */
  pace(perSecond: number, work: (n: number) => Promise<unknown>, maxInFlight?: number): Pace;
  /** Sends a REST request; resolves when the answer was read or has failed. */
  http(asked: HttpAsked): Promise<void>;
  /** A Socket.IO client of an attacker on a node; reconnects by default. */
  connect(n: number, node: number, options?: Partial<ManagerOptions>): Socket;
  /** Raw bytes over TCP from the given address; resolves to the lifetime of the connection in milliseconds. */
  raw(raw: RawAsked): Promise<number>;
}

interface HttpAsked {
  kind: string;
  n: number;
  method: string;
  path: string;
  body?: object | string;
  headers?: Record<string, string>;
  /** Without a token. */
  isOpen?: boolean;
  /** Source address; by default one per attacker. */
  address?: string;
}

interface RawAsked {
  n: number;
  address: string;
  /** Writes the bytes, at once or over time; called when connected. */
  say: (socket: TcpSocket) => void;
  /** Whether it reads the answers. */
  reads?: boolean;
}

const ANSWER_WITHIN_MS = 12_000;

export const addressOf = (n: number): string => `198.51.100.${n % 250}`;
/** Only the proxy's word counts, and this is the proxy: everybody has an address of their own. */
export const from = (address: string) => ({ 'x-forwarded-for': address });

export function createTools(order: AttackOrder, outcomes: Outcomes): AttackTools {
  /** One per kind, so that what takes long holds up nothing else. */
  const agents = new Map<string, Agent>();

  const tools: AttackTools = {
    order,
    url: (n) => order.urls[n % order.urls.length] ?? '',
    attacker(n) {
      const one = order.attackers[n % order.attackers.length];
      if (one === undefined) throw new Error('there are no attackers');
      return one;
    },
    note(kind, outcome) {
      outcomes[kind] ??= { accepted: 0, refused: 0, other: 0 };
      outcomes[kind][outcome] += 1;
    },
    pace: (perSecond, work, maxInFlight = perSecond) => startPace({ perSecond, maxInFlight }, work),
    http({ kind, n, method, path, body, headers, isOpen = false, address }) {
      const { token } = tools.attacker(n);
      const content = typeof body === 'object' ? JSON.stringify(body) : body;
      const agent = agents.get(kind) ?? new Agent({ keepAlive: true, maxSockets: 32 });
      agents.set(kind, agent);
      return new Promise((resolve) => {
        const asked = request(
          `${tools.url(n)}${path}`,
          {
            ...{ agent, method, timeout: ANSWER_WITHIN_MS },
            headers: {
              ...from(address ?? addressOf(isOpen ? n : n % order.attackers.length)),
              ...(isOpen ? {} : { authorization: `Bearer ${token}` }),
              ...(content === undefined ? {} : { 'content-type': 'application/json' }),
              ...headers,
            },
          },
          (response) => {
            const { statusCode = 0 } = response;
            // Checking a wrong password costs as much as serving a request.
            const isServed = statusCode < 400 || statusCode === 401;
            tools.note(kind, isServed ? 'accepted' : statusCode < 500 ? 'refused' : 'other');
            response.resume();
            response.once('close', resolve);
          },
        );
        asked.once('timeout', () => asked.destroy());
        asked.once('error', () => {
          tools.note(kind, 'other');
          resolve();
        });
        asked.end(content);
      });
    },
    connect: (n, node, options = {}) =>
      io(tools.url(node), {
        auth: { token: tools.attacker(n).token, deviceId: randomUUID(), brief: true },
        ...{ transports: ['websocket'], forceNew: true, reconnectionDelay: 200 },
        extraHeaders: from(addressOf(n)),
        ...options,
      }),
    raw({ n, address, say, reads = true }) {
      const { hostname, port } = new URL(tools.url(n));
      return new Promise((resolve) => {
        const began = performance.now();
        const socket = connectTcp({ host: hostname, port: Number(port), localAddress: address });
        socket.on('error', () => undefined);
        socket.on('connect', () => say(socket));
        if (reads) socket.resume();
        socket.once('close', () => resolve(performance.now() - began));
      });
    },
  };
  return tools;
}
