import type { Bus, Hint, Log } from '@pern/delivery/ports';
import type { Connections } from './connections';
import { parseHints } from './hints';

export interface NodeBus extends Bus {
  /** Hints that could not be handed to Redis since the start. */
  dropped(): number;
  /** Hands over what is left and stops. Bounded; a second call does nothing. */
  close(): Promise<void>;
}

export interface BusOptions {
  connections: Connections;
  /** Unique per process. */
  nodeId: string;
  log: Log;
  /** How often the node speaks to itself through the channel, milliseconds. */
  beatMs?: number;
  /** Unheard for this long, the bus counts as broken, milliseconds. */
  deafMs?: number;
}

const UNUSABLE_BEAT_MS = 250;
/** More than this in the socket's buffer: Redis is not reading, and memory is not endless. */
const MOST_UNSENT_BYTES = 8 * 1024 * 1024;
const LARGEST_PUBLISH_CHARS = 512 * 1024;

const BEAT = '!';
const GAP = '?';

/**
 * Hints between nodes over one pub/sub channel. Pub/sub loses silently, so the node listens to its
 * own heartbeat: only a beat that was sent after the last doubt and came back proves that hints
 * travel. A node whose hints were lost tells the others once it can, and they too report
 * `onRecovered`, because they hold the recipients.
 *
 * On the wire: node id, line break, then a JSON array of hints, `!n` (a beat) or `?` (hints were lost).
 */
export function createBus(options: BusOptions): NodeBus {
  const { connections, nodeId, log, beatMs = 2_000, deafMs = 5_000 } = options;
  const channel = `${connections.prefix}chasqui:bus`;
  const own = `${nodeId}\n`;
  const publisher = connections.open('failing-fast', 'bus-out');
  const subscriber = connections.open('listening', 'bus-in');
  const hintListeners = new Set<(hint: Hint) => void>();
  const recoveryListeners = new Set<() => void>();

  let usable = false;
  let beat = 0;
  let proof = 1;
  let lastSent = -Infinity;
  let lastHeard = -Infinity;
  let waiting: string[] = [];
  let scheduled: NodeJS.Immediate | undefined;
  let dropped = 0;
  let hintsLost = false;
  let closed = false;

  /** From here on only a beat that is yet to be sent counts. */
  const doubt = (): void => {
    usable = false;
    proof = beat + 1;
  };

  const guarded = (listener: () => void): void => {
    try {
      listener();
    } catch (error) {
      log.error({ err: error }, 'a listener of the bus threw');
    }
  };

  const announceRecovery = (): void => {
    for (const listener of [...recoveryListeners]) guarded(listener);
  };

  const hearOwn = (signal: string): void => {
    if (!signal.startsWith(BEAT) || Number(signal.slice(1)) < proof) return;
    lastHeard = performance.now();
    if (usable) return;
    usable = true;
    if (hintsLost) {
      hintsLost = false;
      publisher.publish(channel, own + GAP).catch(() => {
        hintsLost = true;
        doubt();
      });
    }
    log.info({}, 'the bus between nodes works');
    announceRecovery();
  };

  const hear = (message: string): void => {
    const end = message.indexOf('\n');
    if (end < 0 || closed) return;
    const said = message.slice(end + 1);
    if (message.startsWith(own)) {
      hearOwn(said);
    } else if (said === GAP) {
      announceRecovery();
    } else if (!said.startsWith(BEAT)) {
      for (const hint of parseHints(said)) {
        for (const listener of [...hintListeners]) guarded(() => listener(hint));
      }
    }
  };

  const lose = (count: number): void => {
    dropped += count;
    hintsLost = true;
    doubt();
  };

  const publishPart = (hints: string[]): void => {
    publisher.publish(channel, `${own}[${hints.join(',')}]`).catch(() => lose(hints.length));
  };

  const flush = (): void => {
    scheduled = undefined;
    const hints = waiting;
    waiting = [];
    if (hints.length === 0) return;
    if (publisher.status !== 'ready' || publisher.stream.writableLength > MOST_UNSENT_BYTES) {
      lose(hints.length);
      return;
    }
    let part: string[] = [];
    let size = 0;
    for (const hint of hints) {
      if (size > 0 && size + hint.length > LARGEST_PUBLISH_CHARS) {
        publishPart(part);
        part = [];
        size = 0;
      }
      part.push(hint);
      size += hint.length;
    }
    publishPart(part);
  };

  const tick = (): void => {
    const now = performance.now();
    if (usable && now - lastHeard > deafMs) {
      log.warn({}, 'the bus between nodes is deaf');
      doubt();
    }
    if (publisher.status !== 'ready' || now - lastSent < (usable ? beatMs : UNUSABLE_BEAT_MS))
      return;
    lastSent = now;
    beat += 1;
    publisher.publish(channel, `${own}${BEAT}${beat}`).catch(() => undefined);
  };

  publisher.on('close', doubt);
  subscriber.on('close', doubt);
  subscriber.on('message', (_channel: string, message: string) => hear(message));
  subscriber.subscribe(channel).catch((error: unknown) => {
    if (!closed) log.error({ err: error }, 'could not subscribe to the bus');
  });
  const timer = setInterval(tick, UNUSABLE_BEAT_MS);

  return {
    publish(hint) {
      if (closed) return;
      waiting.push(JSON.stringify(hint));
      // One publish per turn of the event loop, however many hints it brings.
      scheduled ??= setImmediate(flush);
    },
    subscribe(listener) {
      hintListeners.add(listener);
      return () => hintListeners.delete(listener);
    },
    onRecovered(listener) {
      recoveryListeners.add(listener);
      return () => recoveryListeners.delete(listener);
    },
    connected: () => usable,
    dropped: () => dropped,
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      if (scheduled) clearImmediate(scheduled);
      flush();
      await Promise.all([connections.release(publisher), connections.release(subscriber)]);
    },
  };
}
