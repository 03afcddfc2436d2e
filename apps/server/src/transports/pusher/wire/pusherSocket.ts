import type { Duplex } from 'node:stream';
import type { Log } from '@chasqui/foundation';
import type { ByteBudget } from '@chasqui/limits';
import type { WebSocket } from 'ws';
import { endAfterMessages } from '../../socketio/guard/boundedWebSockets';
import { unreadBytesOf } from '../../socketio/internals/ws';
import { atEndOfTurn } from '../../socketio/wire/endOfTurn';
import { type Closing, closeCodes } from './closeCodes';

/** One client's WebSocket, bounded in both directions. */
export interface PusherSocket {
  readonly id: string;
  /** Sends a frame at the end of this turn of the event loop. Does nothing after the connection has closed. */
  write(frame: Buffer): void;
  /** Calls back once, before the frames of this turn leave. */
  beforeFlush(callback: () => void): void;
  writable(): boolean;
  whenWritable(callback: () => void): void;
  /** Bytes that the kernel has not accepted yet. */
  bytesWaiting(): number;
  /** Bytes that the kernel has accepted so far. */
  bytesSent(): number;
  pauseReading(ms: number): void;
  close(closing: Closing): void;
  /** Ends the connection without a closing handshake. */
  terminate(reason: string): void;
  /** Reports the bytes in buffers to the node's budgets. Call it several times a second. */
  reportBytes(): void;
}

interface Deps {
  /** Unique over all nodes. */
  id: string;
  webSocket: WebSocket;
  /** The connection below the WebSocket. Whole frames may be written to it, between those of ws. */
  connection: Duplex;
  unsent: ByteBudget;
  unread: ByteBudget;
  log: Log;
  onClose: () => void;
}

/** Waiting bytes above which the connection counts as full. */
const FULL_BYTES = 1024 * 1024;
/** Waiting bytes above which the connection is terminated; the client resumes when it reconnects. */
const TERMINATE_BYTES = 8 * 1024 * 1024;
/** Waiting bytes above which the node's budget is updated immediately instead of periodically. */
const NOTABLE_BYTES = 64 * 1024;
/** How long a connection may stay full. */
const FULL_MS = 60_000;
/** Time limit for the closing handshake. */
const CLOSE_MS = 2_000;
/** Messages that may have been in transit when a connection was closed. */
const MESSAGES_AFTER_CLOSE = 2_000;

/** Writes all frames of one turn in one system call. */
export function createPusherSocket(deps: Deps): PusherSocket {
  const { id, webSocket, connection, log } = deps;
  const unsent = deps.unsent.open(() => terminate('holds too many bytes'));
  const unread = deps.unread.open(() => terminate('sends a frame too slowly'));
  const waiting: (() => void)[] = [];
  let beforeFlush: (() => void)[] = [];
  let gathered: Buffer[] = [];
  let inGathered = 0;
  let written = 0;
  let isFlushDue = false;
  let isPaused = false;
  let state: 'open' | 'closing' | 'closed' = 'open';
  let fullTimer: NodeJS.Timeout | undefined;

  webSocket.once('close', closed);
  webSocket.on('error', () => undefined);
  connection.on('drain', drained);

  const bytesWaiting = (): number => inGathered + connection.writableLength;
  const writable = (): boolean => bytesWaiting() < FULL_BYTES;

  function closed(): void {
    if (state === 'closed') return;
    state = 'closed';
    gathered = [];
    beforeFlush = [];
    waiting.length = 0;
    clearTimeout(fullTimer);
    unsent.end();
    unread.end();
    deps.onClose();
  }

  function terminate(reason: string): void {
    if (state === 'closed') return;
    log.info({ connection: id, reason }, 'connection terminated');
    webSocket.terminate();
    closed();
  }

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
      log.error({ err: error, connection: id }, 'writing to a connection failed');
      terminate('cannot be written to');
    }
  }

  function flush(): void {
    if (gathered.length === 0 || state !== 'open') return;
    const frames = gathered;
    gathered = [];
    written += inGathered;
    inGathered = 0;
    const [first] = frames;
    if (first === undefined || !connection.writable) return;
    connection.write(frames.length === 1 ? first : Buffer.concat(frames));
  }

  function drained(): void {
    if (!writable() || waiting.length === 0) return;
    clearTimeout(fullTimer);
    fullTimer = undefined;
    for (const callback of waiting.splice(0)) callback();
  }

  return {
    id,
    write(frame) {
      if (state !== 'open') return;
      gathered.push(frame);
      inGathered += frame.length;
      flushLater();
      const waits = bytesWaiting();
      if (waits > TERMINATE_BYTES) terminate('too many bytes wait');
      else if (waits > NOTABLE_BYTES) unsent.set(waits);
    },
    beforeFlush(callback) {
      if (state !== 'open') return;
      beforeFlush.push(callback);
      flushLater();
    },
    writable,
    whenWritable(callback) {
      if (state !== 'open') return;
      if (writable()) {
        queueMicrotask(callback);
        return;
      }
      // Gathered frames alone would not make the connection drain.
      flush();
      waiting.push(callback);
      fullTimer ??= setTimeout(() => terminate('reads too slowly'), FULL_MS);
    },
    bytesWaiting,
    bytesSent: () => written - connection.writableLength,
    pauseReading(ms) {
      if (isPaused) return;
      isPaused = true;
      webSocket.pause();
      setTimeout(() => {
        isPaused = false;
        webSocket.resume();
      }, ms).unref();
    },
    close(closing) {
      if (state !== 'open') return;
      flush();
      state = 'closing';
      endAfterMessages(webSocket, MESSAGES_AFTER_CLOSE);
      const [code, reason] = closeCodes[closing];
      webSocket.close(code, reason);
      setTimeout(() => terminate('did not close in time'), CLOSE_MS).unref();
    },
    terminate,
    reportBytes() {
      if (state === 'closed') return;
      unsent.set(bytesWaiting());
      unread.set(unreadBytesOf(webSocket));
    },
  };
}
