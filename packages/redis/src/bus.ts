import type { Bus, Hint, Log } from '@pern/delivery/ports';
import { BEAT_WHILE_UNPROVEN_MS, type BusLane, createBusLane } from './busLane';
import type { Connections } from './connections';
import { parseHints } from './hints';
import { createPeers } from './peers';
import { chooseFor } from './shards';

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
  /** How often the node speaks to itself through each channel, milliseconds. */
  beatMs?: number;
  /** Unheard for this long, the bus counts as broken, milliseconds. */
  deafMs?: number;
}

const LARGEST_PUBLISH_CHARS = 512 * 1024;
/** A channel that is away for longer does not keep the others' return from being announced. */
const LONG_AWAY_MS = 5_000;

/** Beats that a process may leave out before it is taken for dead. */
const SILENT_BEATS = 3;

const GAP = '?';

/**
 * Hints between nodes over pub/sub: one channel on a single Redis, one per shard in a cluster, where
 * a node speaks on the one that its id chooses, on another while that is away, and hears all.
 * Pub/sub loses silently, so the node listens to its own heartbeat on every channel: only a beat
 * that was sent after the last doubt and came back proves that hints travel there, and the bus works
 * when all of them do. A node whose hints were lost tells the others once it can, and they too report
 * `onRecovered`, because they hold the recipients.
 *
 * A process that falls silent without a goodbye may have committed what it never told: its death counts
 * as a loss too. And where nobody listens, nothing is said: one node alone pays nothing for the bus.
 *
 * What is said is a JSON array of hints, or `?`: hints were lost. Beats are the lanes' own.
 */
export function createBus(options: BusOptions): NodeBus {
  const { connections, nodeId, log, beatMs = 2_000, deafMs = 5_000 } = options;
  const hintListeners = new Set<(hint: Hint) => void>();
  const recoveryListeners = new Set<() => void>();

  let waiting: string[] = [];
  let scheduled: NodeJS.Immediate | undefined;
  let dropped = 0;
  let hintsLost = false;
  let recoveryOwed = false;
  let closed = false;

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

  const hear = (said: string): void => {
    if (said === GAP) {
      announceRecovery();
      return;
    }
    for (const hint of parseHints(said)) {
      for (const listener of [...hintListeners]) guarded(() => listener(hint));
    }
  };

  const peers = createPeers(SILENT_BEATS * beatMs);
  let wholeSince = Infinity;

  const lanes: BusLane[] = connections.shards.map((shard) =>
    createBusLane({
      ...{ connections, shard, nodeId, beatMs, deafMs },
      listens: () => hintListeners.size > 0,
      onHeard: hear,
      onPeer: peers.heard,
      onPeerLeft: peers.left,
      onProven() {
        recoveryOwed = true;
        recover();
      },
      onDeaf: () => log.warn({ shard: shard.tag }, 'the bus between nodes is deaf'),
    }),
  );
  const ownLane = chooseFor(nodeId, lanes);
  const isWhole = (): boolean => lanes.every((lane) => lane.proven());
  const speakingLane = (): BusLane | undefined =>
    ownLane.proven() && ownLane.writable()
      ? ownLane
      : (lanes.find((lane) => lane.proven() && lane.writable()) ??
        (ownLane.writable() ? ownLane : undefined));

  /** Channels come back one after the other: announced once, unless one of them stays away. */
  const recover = (): void => {
    const now = performance.now();
    const isAwaited = (lane: BusLane): boolean =>
      !lane.proven() && now - lane.doubtedAt() <= LONG_AWAY_MS;
    if (!recoveryOwed || closed || lanes.some(isAwaited)) return;
    recoveryOwed = false;
    if (hintsLost) tellOfTheGap();
    if (isWhole()) log.info({}, 'the bus between nodes works');
    announceRecovery();
  };

  const tellOfTheGap = (): void => {
    const lane = speakingLane();
    if (lane === undefined) return;
    hintsLost = false;
    lane.say(GAP).catch(() => {
      hintsLost = true;
      lane.doubt();
    });
  };

  const lose = (count: number, lane: BusLane): void => {
    dropped += count;
    hintsLost = true;
    lane.doubt();
  };

  const publishPart = (lane: BusLane, hints: string[]): void => {
    lane.say(`[${hints.join(',')}]`).catch(() => lose(hints.length, lane));
  };

  const flush = (): void => {
    scheduled = undefined;
    const hints = waiting;
    waiting = [];
    if (hints.length === 0) return;
    const lane = speakingLane();
    if (lane === undefined) {
      lose(hints.length, ownLane);
      return;
    }
    let part: string[] = [];
    let size = 0;
    for (const hint of hints) {
      if (size > 0 && size + hint.length > LARGEST_PUBLISH_CHARS) {
        publishPart(lane, part);
        part = [];
        size = 0;
      }
      part.push(hint);
      size += hint.length;
    }
    publishPart(lane, part);
  };

  /** While it is whole nobody's beat is missed: who was not heard in all that time is not there. */
  const isAlone = (): boolean =>
    !peers.someListen() && performance.now() - wholeSince > SILENT_BEATS * beatMs;

  const timer = setInterval(() => {
    for (const lane of lanes) lane.tick();
    recover();
    if (!isWhole()) wholeSince = Infinity;
    else if (wholeSince === Infinity) wholeSince = performance.now();
    // While this node hears nothing, nobody's silence means anything.
    if (performance.now() - wholeSince > SILENT_BEATS * beatMs && peers.someDied()) {
      log.info({}, 'a node fell silent; looking for what it may not have told');
      announceRecovery();
    }
  }, BEAT_WHILE_UNPROVEN_MS);

  return {
    publish(hint) {
      if (closed || isAlone()) return;
      waiting.push(JSON.stringify(hint));
      // One publish per turn of the event loop, however many hints it brings.
      scheduled ??= setImmediate(flush);
    },
    subscribe(listener) {
      hintListeners.add(listener);
      return () => hintListeners.delete(listener);
    },
    lost() {
      if (closed || isAlone()) return;
      hintsLost = true;
      tellOfTheGap();
    },
    onRecovered(listener) {
      recoveryListeners.add(listener);
      return () => recoveryListeners.delete(listener);
    },
    connected: isWhole,
    dropped: () => dropped,
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(timer);
      if (scheduled) clearImmediate(scheduled);
      flush();
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}
