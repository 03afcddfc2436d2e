import type { Bus, Notification } from '@chasqui/core/ports';
import type { Log } from '@chasqui/foundation';
import { BEAT_WHILE_FAILED_MS, type BusChannel, createBusChannel } from './busChannel';
import type { RedisConnections } from '../connections/connections';
import { encodeNotification, parseNotifications } from './notifications';
import { createPeers } from './peers';
import { chooseFor } from '../connections/shards';

export interface NodeBus extends Bus {
  /** Notifications that could not be passed to Redis since the start. */
  dropped(): number;
  /** Sends queued notifications and stops. Bounded; a second call does nothing. */
  close(): Promise<void>;
}

export interface BusOptions {
  redis: RedisConnections;
  /** Unique per process. */
  nodeId: string;
  log: Log;
  /** Interval of the heartbeats on each channel, milliseconds. */
  beatMs?: number;
  /** Without an own heartbeat for this long, the bus counts as broken, milliseconds. */
  silenceMs?: number;
}

const LARGEST_PUBLISH_CHARS = 512 * 1024;
/** Recovery is announced without a channel that is down for longer than this. */
const LONG_AWAY_MS = 5_000;

/** Missed beats before a process counts as dead. */
const SILENT_BEATS = 3;

const GAP = '?';

/**
 * Notifications between nodes over pub/sub: one channel on a single Redis, one per shard in a cluster. A node
 * publishes on the channel that its id selects, or on another while that is down, and subscribes to all.
 *
 * Pub/sub loses messages silently, so the node subscribes to its own heartbeat on every channel. A channel works when a
 * beat that was sent after the last failure has come back; the bus works when all channels do. A node whose
 * notifications were lost announces that once it can, and the other nodes report `onRecovered` too, because they hold
 * the recipients.
 *
 * A process that falls silent without a goodbye may have committed messages that it never announced, so its death
 * also counts as a loss. While no other process is subscribed, nothing is published: a single node pays nothing for the
 * bus.
 *
 * The payload is a JSON array of notifications, or `?` when notifications were lost. Channels add their own beats.
 */
export function createBus(options: BusOptions): NodeBus {
  const { redis, nodeId, log, beatMs = 2_000, silenceMs = 5_000 } = options;
  const listeners = new Set<(notification: Notification) => void>();
  const recoveryListeners = new Set<() => void>();

  let waiting: string[] = [];
  let scheduled: NodeJS.Immediate | undefined;
  let dropped = 0;
  let notificationsLost = false;
  let recoveryPending = false;
  let closed = false;

  const guarded = (listener: () => void): void => {
    try {
      listener();
    } catch (error) {
      log.error({ err: error }, 'a bus listener threw');
    }
  };

  const announceRecovery = (): void => {
    for (const listener of [...recoveryListeners]) guarded(listener);
  };

  const receive = (payload: string): void => {
    if (payload === GAP) {
      announceRecovery();
      return;
    }
    for (const notification of parseNotifications(payload)) {
      for (const listener of [...listeners]) guarded(() => listener(notification));
    }
  };

  const peers = createPeers(SILENT_BEATS * beatMs);
  let workingSince = Infinity;

  const channels: BusChannel[] = redis.shards.map((shard) =>
    createBusChannel({
      ...{ redis, shard, nodeId, beatMs, silenceMs },
      isSubscribed: () => listeners.size > 0,
      onMessage: receive,
      onPeer: peers.seen,
      onPeerLeft: peers.left,
      onWorking() {
        recoveryPending = true;
        recover();
      },
      onSilent: () => log.warn({ shard: shard.tag }, 'the bus between nodes receives nothing'),
    }),
  );
  const ownChannel = chooseFor(nodeId, channels);
  const allWorking = (): boolean => channels.every((channel) => channel.isWorking());
  const publishingChannel = (): BusChannel | undefined =>
    ownChannel.isWorking() && ownChannel.writable()
      ? ownChannel
      : (channels.find((channel) => channel.isWorking() && channel.writable()) ??
        (ownChannel.writable() ? ownChannel : undefined));

  /**
   * Channels recover one after the other. Announces recovery once, without waiting for a channel that stays down.
   */
  const recover = (): void => {
    const now = performance.now();
    const isAwaited = (channel: BusChannel): boolean =>
      !channel.isWorking() && now - channel.failedAt() <= LONG_AWAY_MS;
    if (!recoveryPending || closed || channels.some(isAwaited)) return;
    recoveryPending = false;
    if (notificationsLost) announceGap();
    if (allWorking()) log.info({}, 'the bus between nodes works');
    announceRecovery();
  };

  const announceGap = (): void => {
    const channel = publishingChannel();
    if (channel === undefined) return;
    notificationsLost = false;
    channel.publish(GAP).catch(() => {
      notificationsLost = true;
      channel.markFailed();
    });
  };

  const lose = (count: number, channel: BusChannel): void => {
    dropped += count;
    notificationsLost = true;
    channel.markFailed();
  };

  const publishPart = (channel: BusChannel, texts: string[]): void => {
    channel.publish(`[${texts.join(',')}]`).catch(() => lose(texts.length, channel));
  };

  const flush = (): void => {
    scheduled = undefined;
    const texts = waiting;
    waiting = [];
    if (texts.length === 0) return;
    const channel = publishingChannel();
    if (channel === undefined) {
      lose(texts.length, ownChannel);
      return;
    }
    let part: string[] = [];
    let size = 0;
    for (const text of texts) {
      if (size > 0 && size + text.length > LARGEST_PUBLISH_CHARS) {
        publishPart(channel, part);
        part = [];
        size = 0;
      }
      part.push(text);
      size += text.length;
    }
    publishPart(channel, part);
  };

  /** While all channels work, no beat is missed: a process without a beat in that time does not exist. */
  const isAlone = (): boolean =>
    !peers.hasSubscribers() && performance.now() - workingSince > SILENT_BEATS * beatMs;

  const timer = setInterval(() => {
    for (const channel of channels) channel.tick();
    recover();
    if (!allWorking()) workingSince = Infinity;
    else if (workingSince === Infinity) workingSince = performance.now();
    // While this node receives nothing, the silence of other nodes proves nothing.
    if (performance.now() - workingSince > SILENT_BEATS * beatMs && peers.removeDead()) {
      log.info({}, 'a node fell silent; polling for messages that it may not have announced');
      announceRecovery();
    }
  }, BEAT_WHILE_FAILED_MS);

  return {
    publish(notification) {
      if (closed || isAlone()) return;
      waiting.push(encodeNotification(notification));
      // One publish per turn of the event loop, for all notifications of that turn.
      scheduled ??= setImmediate(flush);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lost() {
      if (closed || isAlone()) return;
      notificationsLost = true;
      announceGap();
    },
    onRecovered(listener) {
      recoveryListeners.add(listener);
      return () => recoveryListeners.delete(listener);
    },
    connected: allWorking,
    dropped: () => dropped,
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      if (scheduled) clearImmediate(scheduled);
      flush();
      // Without a goodbye the other nodes take this one for dead, and reconcile.
      await Promise.all(channels.map((channel) => channel.close({ goodbye: !notificationsLost })));
    },
  };
}
