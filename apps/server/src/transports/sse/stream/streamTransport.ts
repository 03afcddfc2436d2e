import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { TransportCapabilities } from '@chasqui/core/ports';
import type { Log } from '@chasqui/foundation';
import type { ServerEvent } from '@chasqui/protocol';
import type { ClientTransport } from '../../../connections/clientTransport';
import { COMMENT } from './eventStream';

/** Waiting bytes above which the stream counts as full. */
const FULL_BYTES = 1024 * 1024;
/** How long a stream may stay full. */
const FULL_MS = 60_000;
/** Time for an orderly end; after that the socket is closed. */
const END_MS = 5_000;
/** Below the idle time-outs of proxies (30 s and more) and of this server's sockets (20 s). */
const COMMENT_EVERY_MS = 10_000;

export interface StreamTransport extends ClientTransport {
  /** Writes text in order with the events. */
  write(text: string): void;
  /**
   * Closes the socket once what was written has left. The client returns at once, with the id of the last event it has
   * received. An orderly end would make `@microsoft/fetch-event-source` stop.
   */
  rotate(): void;
  readonly isClosed: boolean;
}

interface Options {
  response: ServerResponse;
  /** The text of an event, or undefined if this stream does not carry it. */
  encode: (event: ServerEvent) => string | undefined;
  /** Called after an event was written. */
  onSent: (event: ServerEvent) => void;
  /** Called once, when nothing more will be written. */
  onClose: () => void;
  log: Pick<Log, 'info' | 'error'>;
}

/** An entry is acknowledged by the Last-Event-ID with which the client returns, so the send window applies (R4). */
const capabilities: TransportCapabilities = { acks: true, commands: false, batching: false };

/** Transport over one response of type text/event-stream. All events of one turn of the event loop are written together. */
export function createStreamTransport({
  response,
  encode,
  onSent,
  onClose,
  log,
}: Options): StreamTransport {
  const id = randomUUID();
  let isClosed = false;
  let isFlushDue = false;
  let gathered = '';
  let beforeFlush: (() => void)[] = [];
  let waiting: (() => void)[] = [];
  let fullTimer: NodeJS.Timeout | undefined;

  const comments = setInterval(() => {
    if (!isClosed && response.writableLength === 0) response.write(COMMENT);
  }, COMMENT_EVERY_MS);
  comments.unref();

  response.on('drain', resume);
  response.once('close', stop);

  function stop(): void {
    if (isClosed) return;
    isClosed = true;
    clearInterval(comments);
    clearTimeout(fullTimer);
    gathered = '';
    beforeFlush = [];
    waiting = [];
    onClose();
  }

  const writable = (): boolean => gathered.length + response.writableLength < FULL_BYTES;

  function resume(): void {
    if (isClosed || !writable()) return;
    clearTimeout(fullTimer);
    fullTimer = undefined;
    for (const callback of waiting.splice(0)) callback();
  }

  function flushLater(): void {
    if (isFlushDue) return;
    isFlushDue = true;
    setImmediate(endTurn);
  }

  function endTurn(): void {
    isFlushDue = false;
    const calls = beforeFlush;
    beforeFlush = [];
    try {
      for (const call of calls) call();
      flush();
    } catch (error) {
      log.error({ err: error, connection: id }, 'writing to a stream failed');
      terminate('cannot be written to');
    }
  }

  function flush(): void {
    if (gathered === '' || isClosed) return;
    const text = gathered;
    gathered = '';
    response.write(text);
  }

  function terminate(reason: string): void {
    if (isClosed) return;
    log.info({ connection: id, reason }, 'stream terminated');
    stop();
    response.destroy();
  }

  function write(text: string): void {
    if (isClosed) return;
    gathered += text;
    flushLater();
  }

  function rotate(): void {
    if (isClosed) return;
    flush();
    stop();
    response.socket?.destroySoon();
  }

  return {
    id,
    capabilities,
    get isClosed() {
      return isClosed;
    },
    write,
    rotate,
    send(event) {
      if (isClosed) return;
      const text = encode(event);
      if (text === undefined) return;
      write(text);
      onSent(event);
    },
    beforeFlush(callback) {
      if (isClosed) return;
      beforeFlush.push(callback);
      flushLater();
    },
    writable,
    whenWritable(callback) {
      if (isClosed) return;
      if (writable()) {
        queueMicrotask(callback);
        return;
      }
      // Text that is only gathered would never drain.
      flush();
      waiting.push(callback);
      fullTimer ??= setTimeout(() => terminate('reads too slowly'), FULL_MS);
    },
    close({ text, reconnect }) {
      if (isClosed) return;
      log.info({ connection: id, reason: text }, 'stream closed');
      if (reconnect) {
        rotate();
        return;
      }
      flush();
      stop();
      response.end();
      setTimeout(() => response.destroy(), END_MS).unref();
    },
    // A stream reads nothing from its client.
    pauseReading: () => rotate(),
  };
}
