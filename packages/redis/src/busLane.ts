import type { Connections } from './connections';
import type { Shard } from './shards';

/** One channel of the bus, and the proof that this node hears it. */
export interface BusLane {
  /** Whether a beat that was sent after the last doubt has come back. */
  proven(): boolean;
  /** When it was last doubted, by the monotonic clock. */
  doubtedAt(): number;
  /** Whether something said now has a chance: there is a connection, and it is being read from. */
  writable(): boolean;
  /** From here on only a beat that is yet to be sent counts. */
  doubt(): void;
  /** Says it on the channel. Rejects within about half a second when Redis does not take it. */
  say(said: string): Promise<void>;
  /** Sends a beat when it is time, and notices deafness. To be called every `BEAT_WHILE_UNPROVEN_MS`. */
  tick(): void;
  close(): Promise<void>;
}

export interface BusLaneOptions {
  connections: Connections;
  shard: Shard;
  nodeId: string;
  beatMs: number;
  deafMs: number;
  /** Whether this process wants hints; its beats say so. */
  listens(): boolean;
  /** Somebody else said something. */
  onHeard(said: string): void;
  /** A beat of somebody else. */
  onPeer(nodeId: string, listens: boolean): void;
  /** Somebody else said goodbye. */
  onPeerLeft(nodeId: string): void;
  /** This node hears itself again. */
  onProven(): void;
  onDeaf(): void;
}

export const BEAT_WHILE_UNPROVEN_MS = 250;
/** More than this in the socket's buffer: Redis is not reading, and memory is not endless. */
const MOST_UNSENT_BYTES = 8 * 1024 * 1024;

const BEAT = '!';
/** At the end of a beat: of a process that only speaks, such as a worker. */
const DEAF = '~';
const GOODBYE = '.';

/**
 * On the wire: node id, line break, what is said. On a single Redis over its classic pub/sub; in a
 * cluster over sharded pub/sub, which stays on the master of the shard instead of being repeated to
 * every node of the cluster. Beats are `!` and a number, and `~` where nobody listens; `.` is goodbye.
 */
export function createBusLane(options: BusLaneOptions): BusLane {
  const { connections, shard, beatMs, deafMs } = options;
  const isSharded = shard.tag !== '';
  const channel = `${connections.prefix}${shard.tag}chasqui:bus`;
  const own = `${options.nodeId}\n`;
  const publisher = connections.open('failing-fast', 'bus-out', shard);
  const subscriber = connections.open('self-subscribing', 'bus-in', shard);

  let isProven = false;
  let doubtedAt = performance.now();
  let beat = 0;
  let proof = 1;
  let lastSent = -Infinity;
  let lastHeard = -Infinity;
  let subscribedAt = performance.now();
  let closed = false;

  const doubt = (): void => {
    if (isProven) doubtedAt = performance.now();
    isProven = false;
    proof = beat + 1;
  };

  const say = async (said: string): Promise<void> => {
    await (isSharded
      ? publisher.spublish(channel, own + said)
      : publisher.publish(channel, own + said));
  };

  const hear = (message: string): void => {
    const end = message.indexOf('\n');
    if (end < 0 || closed) return;
    const said = message.slice(end + 1);
    const isBeat = said.startsWith(BEAT);
    if (!message.startsWith(own)) {
      if (isBeat) options.onPeer(message.slice(0, end), !said.endsWith(DEAF));
      else if (said === GOODBYE) options.onPeerLeft(message.slice(0, end));
      else options.onHeard(said);
      return;
    }
    if (!isBeat || !(Number.parseInt(said.slice(1), 10) >= proof)) return;
    lastHeard = performance.now();
    if (isProven) return;
    isProven = true;
    options.onProven();
  };

  const subscribe = (): void => {
    subscribedAt = performance.now();
    // What is refused or lost shows as deafness.
    (isSharded ? subscriber.ssubscribe(channel) : subscriber.subscribe(channel)).catch(
      () => undefined,
    );
  };

  /**
   * The slot has moved, or the master has failed over, and subscribers are not reliably notified:
   * reconnect.
   */
  const reseat = (): void => {
    if (subscriber.status === 'ready' && !closed) subscriber.disconnect(true);
  };

  publisher.on('close', doubt);
  subscriber.on('close', doubt).on('ready', subscribe).on('moved', reseat);
  subscriber.on(isSharded ? 'smessage' : 'message', (_channel: string, message: string) =>
    hear(message),
  );

  return {
    proven: () => isProven,
    doubtedAt: () => doubtedAt,
    writable: () =>
      publisher.status === 'ready' && publisher.stream.writableLength <= MOST_UNSENT_BYTES,
    doubt,
    say,
    tick() {
      const now = performance.now();
      if (isProven && now - lastHeard > deafMs) {
        options.onDeaf();
        doubt();
      }
      if (
        !isProven &&
        publisher.status === 'ready' &&
        now - Math.max(subscribedAt, lastHeard) > deafMs
      ) {
        subscribedAt = now;
        reseat();
      }
      const pauseMs = isProven ? beatMs : BEAT_WHILE_UNPROVEN_MS;
      if (publisher.status !== 'ready' || now - lastSent < pauseMs) return;
      lastSent = now;
      beat += 1;
      say(`${BEAT}${beat}${options.listens() ? '' : DEAF}`).catch(() => undefined);
    },
    async close() {
      closed = true;
      // Whoever falls silent without it is taken for dead.
      if (publisher.status === 'ready') await say(GOODBYE).catch(() => undefined);
      await Promise.all([connections.release(publisher), connections.release(subscriber)]);
    },
  };
}
