import type { Outlet } from '@chasqui/core/ports';
import type { Log } from '@chasqui/foundation';
import type { ChatSocket } from '../chatServer';
import { atEndOfTurn } from './endOfTurn';
import { answerFrame, type Frame, frameOf } from './frame';
import { terminate } from './terminate';
import { wireOf, writeTogether } from './writeTogether';

/** Waiting bytes above which nothing more is offered to the connection. */
const FULL_BYTES = 1024 * 1024;
/** Waiting bytes above which the connection is given up: what it misses, it gets when it returns. */
const HOPELESS_BYTES = 8 * 1024 * 1024;
/** Waiting bytes above which the node's budget is told at once and not only now and then. */
const NOTABLE_BYTES = 64 * 1024;
/** How long a connection may stay full. */
const FULL_MS = 60_000;

export interface SocketOutlet extends Outlet {
  /** Lets through what was emitted before `session:ready` could be; nothing may come before that. */
  open(): void;
  /** Answers the packet with this id, in its turn among the events. */
  answer(packetId: number, result: object): void;
  /** Told the name of every event that is written. */
  onEmit(listener: (event: string) => void): void;
}

/**
 * Writes frames that were encoded once, past Socket.IO's own encoder, and all of one turn together.
 * Keeps count of what waits: here until the end of the turn, in the engine until the transport takes
 * it, then in the transport until the kernel has it. `holds` is told when much waits; it may close the connection.
 */
export function createSocketOutlet(
  socket: ChatSocket,
  log: Log,
  holds: (bytes: number) => void,
): SocketOutlet {
  const { conn } = socket;
  const early: [event: string, json: string][] = [];
  const waiting: (() => void)[] = [];
  let lastCalls: (() => void)[] = [];
  let gathered: Frame[] = [];
  let opened = false;
  let closed = false;
  let leaving = false;
  let writing = false;
  let inHand = 0;
  let inEngine = 0;
  let inTransport = 0;
  let listener: (event: string) => void = () => undefined;
  let fullTimer: NodeJS.Timeout | undefined;
  let below = wireOf(conn);

  conn.on('upgrade', () => {
    below = wireOf(conn);
  });
  conn.on('packetCreate', ({ data }: { data?: unknown }) => {
    if (writing) return;
    // Somebody else's packet, such as the one that says goodbye, comes after what was written before.
    leave();
    if (typeof data === 'string') inEngine += data.length;
  });
  conn.on('flush', () => {
    inTransport = inEngine;
    inEngine = 0;
  });
  conn.once('close', () => {
    closed = true;
    waiting.length = 0;
    early.length = 0;
    lastCalls = [];
    gathered = [];
    clearTimeout(fullTimer);
  });

  const bytesWaiting = (): number => inHand + inEngine + bytesBelow();
  /** With the transport: what the kernel has not taken yet. */
  const bytesBelow = (): number =>
    below?.writableLength ?? (conn.transport.writable ? 0 : inTransport);
  const writable = (): boolean => bytesWaiting() < FULL_BYTES;

  function leaveLater(): void {
    if (leaving) return;
    leaving = true;
    atEndOfTurn(endTurn);
  }

  function endTurn(): void {
    leaving = false;
    const calls = lastCalls;
    lastCalls = [];
    try {
      for (const call of calls) call();
      leave();
    } catch (error) {
      log.error({ err: error, connection: socket.id }, 'writing to a connection failed');
      giveUp('cannot be written to');
    }
  }

  function leave(): void {
    if (gathered.length === 0 || closed) return;
    const frames = gathered;
    const size = inHand;
    gathered = [];
    inHand = 0;
    writing = true;
    try {
      if (!writeTogether(conn, below, frames)) inEngine += size;
    } finally {
      writing = false;
    }
  }

  function gather(frame: Frame): void {
    gathered.push(frame);
    inHand += frame.bytes.length;
    leaveLater();
    const waits = bytesWaiting();
    if (waits > HOPELESS_BYTES) giveUp('too much waits');
    else if (waits > NOTABLE_BYTES) holds(waits);
  }

  /** Ends the TCP connection: an orderly close would queue behind what the other side does not read. */
  function giveUp(reason: string): void {
    if (closed) return;
    log.info({ connection: socket.id, reason }, 'connection given up');
    closed = true;
    gathered = [];
    terminate(conn);
  }

  /** The transport can take more once it is ready again, or has been exchanged for a better one. */
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

  function emit(event: string, json: string): void {
    if (closed) return;
    if (!opened) {
      early.push([event, json]);
      return;
    }
    listener(event);
    gather(frameOf(event, json));
  }

  return {
    id: socket.id,
    emit,
    answer(packetId, result) {
      if (!closed) gather(answerFrame(packetId, JSON.stringify(result)));
    },
    lastCall(callback) {
      if (closed) return;
      lastCalls.push(callback);
      leaveLater();
    },
    writable,
    whenWritable(callback) {
      if (closed) return;
      if (writable()) {
        queueMicrotask(callback);
        return;
      }
      // Before it leaves, the transport has no reason to become ready again.
      leave();
      waiting.push(callback);
      if (fullTimer !== undefined) return;
      fullTimer = setTimeout(() => giveUp('reads too slowly'), FULL_MS);
      watch();
    },
    close(reason) {
      if (closed) return;
      log.info({ connection: socket.id, reason }, 'connection closed');
      leave();
      // Only the transport: clients return by themselves from that, and not from being dismissed.
      conn.close();
    },
    open() {
      opened = true;
      for (const [event, json] of early.splice(0)) emit(event, json);
    },
    onEmit(told) {
      listener = told;
    },
  };
}
