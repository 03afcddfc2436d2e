import type { RedisConnections } from '../connections/connections';
import type { Shard } from '../connections/shards';

/** One channel of the bus, with a heartbeat that proves that this node receives its messages. */
export interface BusChannel {
  /** Whether a beat that was sent after the last failure has come back. */
  isWorking(): boolean;
  /** Time of the last failure, by the monotonic clock. */
  failedAt(): number;
  /** Whether a message published now can get through: the channel is connected and Redis reads from it. */
  writable(): boolean;
  /** Marks the channel as failed: only a beat sent from now on proves it. */
  markFailed(): void;
  /** Publishes on the channel. Rejects within about half a second when Redis does not accept it. */
  publish(payload: string): Promise<void>;
  /** Sends a beat when due, and detects missing ones. Call it every `BEAT_WHILE_FAILED_MS`. */
  tick(): void;
  close(options: { goodbye: boolean }): Promise<void>;
}

export interface BusChannelOptions {
  redis: RedisConnections;
  shard: Shard;
  nodeId: string;
  beatMs: number;
  silenceMs: number;
  /** Whether this process subscribes to notifications; included in its beats. */
  isSubscribed(): boolean;
  /** Called with a message from another process. */
  onMessage(payload: string): void;
  /** Called with a beat of another process. */
  onPeer(nodeId: string, isSubscribed: boolean): void;
  /** Called when another process has said goodbye. */
  onPeerLeft(nodeId: string): void;
  /** Called when the channel works again. */
  onWorking(): void;
  onSilent(): void;
}

export const BEAT_WHILE_FAILED_MS = 250;
/** With more than this in the socket's buffer, Redis is not reading, and memory is limited. */
const MOST_UNSENT_BYTES = 8 * 1024 * 1024;

const BEAT = '!';
/** Suffix of a beat: the process only publishes, such as a worker. */
const PUBLISH_ONLY = '~';
const GOODBYE = '.';

/**
 * Wire format: node id, line break, payload. A single Redis uses classic pub/sub. A cluster uses sharded pub/sub,
 * which stays on the shard's master instead of being broadcast to every node of the cluster. A beat is `!` and a
 * number, with `~` when the process does not subscribe; `.` is goodbye.
 */
export function createBusChannel(options: BusChannelOptions): BusChannel {
  const { redis, shard, beatMs, silenceMs } = options;
  const isSharded = shard.tag !== '';
  const channel = `${redis.prefix}${shard.tag}chasqui:bus`;
  const own = `${options.nodeId}\n`;
  const publisher = redis.open('failing-fast', 'bus-out', shard);
  const subscriber = redis.open('self-subscribing', 'bus-in', shard);

  let working = false;
  let failedAt = performance.now();
  let beat = 0;
  let proof = 1;
  let lastSentAt = -Infinity;
  let lastBeatAt = -Infinity;
  let subscribedAt = performance.now();
  let closed = false;

  const markFailed = (): void => {
    if (working) failedAt = performance.now();
    working = false;
    proof = beat + 1;
  };

  const publish = async (payload: string): Promise<void> => {
    await (isSharded
      ? publisher.spublish(channel, own + payload)
      : publisher.publish(channel, own + payload));
  };

  const receive = (message: string): void => {
    const end = message.indexOf('\n');
    if (end < 0 || closed) return;
    const payload = message.slice(end + 1);
    const isBeat = payload.startsWith(BEAT);
    if (!message.startsWith(own)) {
      if (isBeat) options.onPeer(message.slice(0, end), !payload.endsWith(PUBLISH_ONLY));
      else if (payload === GOODBYE) options.onPeerLeft(message.slice(0, end));
      else options.onMessage(payload);
      return;
    }
    if (!isBeat || !(Number.parseInt(payload.slice(1), 10) >= proof)) return;
    lastBeatAt = performance.now();
    if (working) return;
    working = true;
    options.onWorking();
  };

  const subscribe = (): void => {
    subscribedAt = performance.now();
    // A refused or lost subscription shows as missing beats.
    (isSharded ? subscriber.ssubscribe(channel) : subscriber.subscribe(channel)).catch(
      () => undefined,
    );
  };

  /**
   * The slot has moved, or the master has failed over, and subscribers are not reliably notified:
   * reconnect.
   */
  const reconnect = (): void => {
    if (subscriber.status === 'ready' && !closed) subscriber.disconnect(true);
  };

  publisher.on('close', markFailed);
  subscriber.on('close', markFailed).on('ready', subscribe).on('moved', reconnect);
  subscriber.on(isSharded ? 'smessage' : 'message', (_channel: string, message: string) =>
    receive(message),
  );

  return {
    isWorking: () => working,
    failedAt: () => failedAt,
    writable: () =>
      publisher.status === 'ready' && publisher.stream.writableLength <= MOST_UNSENT_BYTES,
    markFailed,
    publish,
    tick() {
      const now = performance.now();
      if (working && now - lastBeatAt > silenceMs) {
        options.onSilent();
        markFailed();
      }
      if (
        !working &&
        publisher.status === 'ready' &&
        now - Math.max(subscribedAt, lastBeatAt) > silenceMs
      ) {
        subscribedAt = now;
        reconnect();
      }
      const pauseMs = working ? beatMs : BEAT_WHILE_FAILED_MS;
      if (publisher.status !== 'ready' || now - lastSentAt < pauseMs) return;
      lastSentAt = now;
      beat += 1;
      publish(`${BEAT}${beat}${options.isSubscribed() ? '' : PUBLISH_ONLY}`).catch(() => undefined);
    },
    async close({ goodbye }) {
      closed = true;
      // Other nodes take a process that stops without a goodbye for dead.
      if (goodbye && publisher.status === 'ready') await publish(GOODBYE).catch(() => undefined);
      await Promise.all([redis.release(publisher), redis.release(subscriber)]);
    },
  };
}
