import type { TransportCapabilities } from '@chasqui/core/ports';
import type { Log } from '@chasqui/foundation';
import type { ClientTransport } from '../../../connections/clientTransport';
import type { ChatSocket } from '../chatServer';
import { atEndOfTurn } from './endOfTurn';
import { answerFrame, type Frame, frameOf } from './frame';
import { createPause } from './pauseReading';
import { terminate } from './terminate';
import { wireOf, writeTogether } from './writeTogether';

/** Waiting bytes above which the connection counts as full. */
const FULL_BYTES = 1024 * 1024;
/** Waiting bytes above which the connection is terminated; the client resumes when it reconnects. */
const TERMINATE_BYTES = 8 * 1024 * 1024;
/** Waiting bytes above which the node's budget is updated immediately instead of periodically. */
const NOTABLE_BYTES = 64 * 1024;
/** How long a connection may stay full. */
const FULL_MS = 60_000;

export interface SocketTransport extends ClientTransport {
  /** Answers the packet with this id, in order with the events. */
  answer(packetId: number, result: object): void;
}

export interface SocketTransportOptions {
  /** The client understands `chat:messages_received`. */
  batching: boolean;
  log: Log;
  /** Called when many bytes wait; may close the connection. */
  holds: (bytes: number) => void;
}

/**
 * Transport over Socket.IO. Bypasses Socket.IO's encoder and writes all frames of one turn of the event loop together.
 * Counts the waiting bytes: here until the end of the turn, then in the engine, then in the engine's transport until the
 * kernel has accepted them.
 */
export function createSocketTransport(
  socket: ChatSocket,
  { batching, log, holds }: SocketTransportOptions,
): SocketTransport {
  const { conn } = socket;
  const capabilities: TransportCapabilities = { acks: true, commands: true, batching };
  const waiting: (() => void)[] = [];
  let beforeFlush: (() => void)[] = [];
  let gathered: Frame[] = [];
  let closed = false;
  let isFlushDue = false;
  let writing = false;
  let inGathered = 0;
  let inEngine = 0;
  let inTransport = 0;
  let fullTimer: NodeJS.Timeout | undefined;
  let below = wireOf(conn);

  conn.on('upgrade', () => {
    below = wireOf(conn);
  });
  conn.on('packetCreate', ({ data }: { data?: unknown }) => {
    if (writing) return;
    // A packet of Socket.IO itself, such as a disconnect, follows the frames that were sent before it.
    flush();
    if (typeof data === 'string') inEngine += data.length;
  });
  conn.on('flush', () => {
    inTransport = inEngine;
    inEngine = 0;
  });
  conn.once('close', () => {
    closed = true;
    waiting.length = 0;
    beforeFlush = [];
    gathered = [];
    clearTimeout(fullTimer);
  });

  const bytesWaiting = (): number => inGathered + inEngine + bytesBelow();
  /** Bytes in the engine's transport that the kernel has not accepted yet. */
  const bytesBelow = (): number =>
    below?.writableLength ?? (conn.transport.writable ? 0 : inTransport);
  const writable = (): boolean => bytesWaiting() < FULL_BYTES;

  function flushLater(): void {
    if (isFlushDue) return;
    isFlushDue = true;
    atEndOfTurn(endTurn);
  }

  function endTurn(): void {
    isFlushDue = false;
    const calls = beforeFlush;
    beforeFlush = [];
    try {
      for (const call of calls) call();
      flush();
    } catch (error) {
      log.error({ err: error, connection: socket.id }, 'writing to a connection failed');
      terminateFor('cannot be written to');
    }
  }

  function flush(): void {
    if (gathered.length === 0 || closed) return;
    const frames = gathered;
    const size = inGathered;
    gathered = [];
    inGathered = 0;
    writing = true;
    try {
      if (!writeTogether(conn, below, frames)) inEngine += size;
    } finally {
      writing = false;
    }
  }

  function gather(frame: Frame): void {
    gathered.push(frame);
    inGathered += frame.bytes.length;
    flushLater();
    const waits = bytesWaiting();
    if (waits > TERMINATE_BYTES) terminateFor('too many bytes wait');
    else if (waits > NOTABLE_BYTES) holds(waits);
  }

  /** Terminates the TCP connection: an orderly close would queue behind the bytes that the client does not read. */
  function terminateFor(reason: string): void {
    if (closed) return;
    log.info({ connection: socket.id, reason }, 'connection terminated');
    closed = true;
    gathered = [];
    terminate(conn);
  }

  /** The engine's transport takes more bytes once it is ready again or was upgraded. */
  function watch(): void {
    const { transport } = conn;
    const wireBelow = below;
    const again = (): void => {
      transport.off('ready', again);
      wireBelow?.off('drain', again);
      conn.off('upgrade', again);
      if (closed) return;
      if (!writable()) {
        watch();
        return;
      }
      clearTimeout(fullTimer);
      fullTimer = undefined;
      for (const callback of waiting.splice(0)) callback();
    };
    transport.on('ready', again);
    wireBelow?.on('drain', again);
    conn.on('upgrade', again);
  }

  return {
    id: socket.id,
    capabilities,
    send(event) {
      if (!closed) gather(frameOf(event));
    },
    answer(packetId, result) {
      if (!closed) gather(answerFrame(packetId, JSON.stringify(result)));
    },
    beforeFlush(callback) {
      if (closed) return;
      beforeFlush.push(callback);
      flushLater();
    },
    writable,
    whenWritable(callback) {
      if (closed) return;
      if (writable()) {
        queueMicrotask(callback);
        return;
      }
      // Gathered frames would not make the engine's transport ready again.
      flush();
      waiting.push(callback);
      if (fullTimer !== undefined) return;
      fullTimer = setTimeout(() => terminateFor('reads too slowly'), FULL_MS);
      watch();
    },
    close({ text: reason, reconnect }) {
      if (closed) return;
      // Clients reconnect by themselves when the engine's connection closes, but not after a disconnect packet.
      if (!reconnect) {
        socket.disconnect(true);
        return;
      }
      log.info({ connection: socket.id, reason }, 'connection closed');
      flush();
      conn.close();
    },
    pauseReading: createPause(conn),
  };
}
