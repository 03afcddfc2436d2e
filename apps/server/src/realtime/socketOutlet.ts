import type { Log, Outlet } from '@pern/delivery/ports';
import type { ChatSocket } from './chatServer';
import { frameOf } from './frame';
import { gatherWrites } from './gatherWrites';

/** Waiting bytes above which nothing more is offered to the connection. */
const FULL_BYTES = 1024 * 1024;
/** Waiting bytes above which the connection is given up: what it misses, it gets when it returns. */
const HOPELESS_BYTES = 8 * 1024 * 1024;
/** How long a connection may stay full. */
const FULL_MS = 60_000;

export interface SocketOutlet extends Outlet {
  /** Lets through what was emitted before `session:ready` could be; nothing may come before that. */
  open(): void;
  /** Told the name of every event that is written. */
  onEmit(listener: (event: string) => void): void;
}

/**
 * Writes frames that were encoded once straight to the engine, and keeps count of what waits: in the
 * engine until the transport takes it, then in the transport until the kernel has it.
 */
export function createSocketOutlet(socket: ChatSocket, log: Log): SocketOutlet {
  const { conn } = socket;
  gatherWrites(conn);
  const early: [event: string, json: string][] = [];
  const waiting: (() => void)[] = [];
  let opened = false;
  let closed = false;
  let inEngine = 0;
  let inTransport = 0;
  let listener: (event: string) => void = () => undefined;
  let fullTimer: NodeJS.Timeout | undefined;

  conn.on('packetCreate', ({ data }: { data?: unknown }) => {
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
    clearTimeout(fullTimer);
  });

  const bytesWaiting = (): number => inEngine + (conn.transport.writable ? 0 : inTransport);
  const writable = (): boolean => bytesWaiting() < FULL_BYTES;

  /** Ends the TCP connection: an orderly close would queue behind what the other side does not read. */
  function giveUp(reason: string): void {
    if (closed) return;
    log.info({ connection: socket.id, reason }, 'connection given up');
    closed = true;
    conn.close(true);
    conn.request.socket.destroy();
  }

  /** The transport can take more once it is ready again, or has been exchanged for a better one. */
  function watch(): void {
    const { transport } = conn;
    const again = (): void => {
      transport.off('ready', again);
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
    conn.on('upgrade', again);
  }

  function emit(event: string, json: string): void {
    if (closed) return;
    if (!opened) {
      early.push([event, json]);
      return;
    }
    const { text, options } = frameOf(event, json);
    conn.write(text, options);
    listener(event);
    if (bytesWaiting() > HOPELESS_BYTES) giveUp('too much waits');
  }

  return {
    id: socket.id,
    emit,
    writable,
    whenWritable(callback) {
      if (closed) return;
      if (writable()) {
        queueMicrotask(callback);
        return;
      }
      waiting.push(callback);
      if (fullTimer !== undefined) return;
      fullTimer = setTimeout(() => giveUp('reads too slowly'), FULL_MS);
      watch();
    },
    close(reason) {
      if (closed) return;
      log.info({ connection: socket.id, reason }, 'connection closed');
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
