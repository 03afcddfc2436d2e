import { performance } from 'node:perf_hooks';
import type { ByteAccount, ByteBudget, TrafficShaper } from '@chasqui/limits';
import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import type { WebSocket } from 'ws';
import { bytesWaiting, type EngineSocket, sessionIdOf, webSocketOf } from '../internals/engineIo';
import { allowMessages, unreadBytesOf } from '../internals/ws';
import { createWebSocketEngine, endAfterMessages, type WebSocketEngine } from './boundedWebSockets';
import { createPacketGuard, type EnginePacket, type PacketGuard } from './packetGuard';
import { createPause } from '../wire/pauseReading';
import { boundPolling, liftPolling } from './polling';
import { terminate } from '../wire/terminate';
import { wireOf } from '../wire/writeTogether';

/** Watches every transport of the node from its first to its last byte. */
export interface TransportWatch {
  /** For Socket.IO's option `wsEngine`. */
  readonly webSocketEngine: WebSocketEngine;
  /** Call with each new transport. */
  watch(conn: EngineSocket): void;
  /** Call when the handshake is accepted: pre-authentication limits no longer apply, and bytes read count for this user. */
  accept(conn: EngineSocket, who: { userId: string; address: string }): void;
  /** Reports the bytes that wait to be written since the last check. */
  holds(conn: EngineSocket, bytes: number): void;
  /** The transport of a polling session, by the id in its requests. */
  ofSession(sessionId: string): WatchedTransport | undefined;
  stop(): void;
}

export interface WatchedTransport {
  readonly conn: EngineSocket;
  readonly guard: PacketGuard;
  /** Requests of a polling session so far. */
  requests: number;
  /** Requests that exceeded the rate and wait. */
  held: number;
  /** The client, after its handshake was accepted. */
  who: { userId: string; address: string } | undefined;
}

interface Watched extends WatchedTransport {
  readonly unsent: ByteAccount;
  readonly unread: ByteAccount;
  readonly pause: (ms: number) => void;
  /** Bytes read since they were last counted. */
  bytes: number;
  probes: number;
  isLeaving: boolean;
}

interface Deps {
  unsent: ByteBudget;
  unread: ByteBudget;
  traffic: TrafficShaper;
}

/** Interval at which the bytes in buffers are checked. */
const CHECK_EVERY_MS = 250;
/** Bytes that a connection reads before they are counted for its user: the hot path only adds. */
const COUNT_EVERY_BYTES = 65_536;
/** Time limit for closing a connection. */
const CLOSE_MS = 2_000;
/** Messages that may have been in transit when a connection was closed. */
const MESSAGES_AFTER_CLOSE = 2_000;
/** A client probes an upgrade once. */
const PROBES_MAX = 8;

export function watchTransports({ unsent, unread, traffic }: Deps): TransportWatch {
  const all = new Map<EngineSocket, Watched>();
  const bySession = new Map<string, Watched>();
  const webSockets = new Map<WebSocket, ByteAccount>();

  function opened(webSocket: WebSocket): void {
    const account = unread.open(() => webSocket.terminate());
    webSockets.set(webSocket, account);
    webSocket.once('close', () => {
      webSockets.delete(webSocket);
      account.end();
    });
  }

  function judge(watched: Watched, packet: EnginePacket): void {
    const { conn, guard } = watched;
    const verdict = guard.judge(packet);
    if (verdict === 'end') terminate(conn);
    // Socket.IO answers within this turn of the event loop.
    else if (verdict === 'last') setImmediate(() => conn.close());
    else count(watched, packet.data);
  }

  function count(watched: Watched, data: unknown): void {
    if (typeof data === 'string' || Buffer.isBuffer(data)) watched.bytes += data.length;
    if (watched.bytes < COUNT_EVERY_BYTES || watched.who === undefined) return;
    const { userId, address } = watched.who;
    const waitMs = traffic.read(watched.bytes, userId, address);
    watched.bytes = 0;
    if (waitMs > 0) watched.pause(waitMs);
  }

  /**
   * Limits a connection that is being closed. Engine.IO waits until the client has read the remaining bytes, ws waits for
   * the closing handshake, and both discard further input without counting it.
   */
  function leave(watched: Watched): void {
    if (watched.isLeaving) return;
    watched.isLeaving = true;
    setTimeout(() => terminate(watched.conn), CLOSE_MS).unref();
    const webSocket = webSocketOf(watched.conn);
    if (webSocket !== undefined) endAfterMessages(webSocket, MESSAGES_AFTER_CLOSE);
  }

  const timer = setInterval(() => {
    for (const watched of all.values()) {
      if (watched.conn.readyState === 'closing') leave(watched);
      watched.unsent.set(unsentBytesOf(watched.conn));
      watched.unread.set(watched.guard.attachmentBytes());
    }
    for (const [webSocket, account] of webSockets) account.set(unreadBytesOf(webSocket));
  }, CHECK_EVERY_MS);
  timer.unref();

  return {
    webSocketEngine: createWebSocketEngine(opened),
    watch(conn) {
      const close = (): void => terminate(conn);
      const watched: Watched = {
        ...{ conn, guard: createPacketGuard(() => performance.now()), pause: createPause(conn) },
        ...{ unsent: unsent.open(close), unread: unread.open(close) },
        ...{ who: undefined, bytes: 0, probes: 0, requests: 0, held: 0, isLeaving: false },
      };
      const sessionId = sessionIdOf(conn);
      all.set(conn, watched);
      bySession.set(sessionId, watched);
      boundPolling(conn);
      conn.on('packet', (packet: EnginePacket) => judge(watched, packet));
      conn.on('upgrading', () => {
        if (++watched.probes > PROBES_MAX) terminate(conn);
      });
      conn.on('upgrade', () => {
        if (watched.guard.isAccepted()) liftBounds(conn);
      });
      conn.once('close', () => {
        all.delete(conn);
        bySession.delete(sessionId);
        leave(watched);
        watched.unsent.end();
        watched.unread.end();
      });
    },
    accept(conn, who) {
      const watched = all.get(conn);
      if (watched === undefined) return;
      watched.who = who;
      watched.guard.accept();
      liftBounds(conn);
    },
    holds: (conn, bytes) => all.get(conn)?.unsent.set(bytes),
    ofSession: (sessionId) => bySession.get(sessionId),
    stop: () => clearInterval(timer),
  };
}

function liftBounds(conn: EngineSocket): void {
  const webSocket = webSocketOf(conn);
  if (webSocket === undefined) liftPolling(conn);
  else allowMessages(webSocket, MAX_FRAME_BYTES);
}

/** Bytes that Engine.IO holds for the next poll or during an upgrade, and those that the kernel has not accepted yet. */
function unsentBytesOf(conn: EngineSocket): number {
  return bytesWaiting(conn) + (wireOf(conn)?.writableLength ?? 0);
}
