import type { Clock, Timer } from '@chasqui/foundation';

/**
 * Acknowledges entries for clients that have no acknowledgement of their own. A Pusher client answers `pusher:ping` with
 * `pusher:pong` after its handlers have seen every earlier frame. A ping behind entries is therefore a barrier: its pong
 * confirms that the client has processed them (D4).
 */
export interface PingBarrier {
  /** Call when an entry was handed to the socket. */
  written(conversationId: string, seq: number): void;
  /** Entries of other conversations no longer reach handlers of the client: what is unconfirmed stays so. */
  keepOnly(isKept: (conversationId: string) => boolean): void;
  /** Sends a ping, unless one is outstanding, to see whether the client is alive. */
  beat(): void;
  pong(): void;
  /** Milliseconds for which the outstanding ping has waited; 0 if there is none. */
  waitingMs(): number;
  stop(): void;
}

interface Deps {
  clock: Clock;
  /** Calls back after the last entry of this turn of the event loop was written. */
  beforeFlush: (callback: () => void) => void;
  /** Sends a ping behind everything that was written in this turn of the event loop. */
  ping: () => void;
  /** The client has processed the conversation's entries up to this seq. */
  confirmed: (conversationId: string, seq: number) => void;
}

const PING_EVERY_MS = 1_000;
/** Half of the core's window (R4), so that delivery does not pause between two pings. */
const PING_FROM_ENTRIES = 500;

export function createPingBarrier({ clock, beforeFlush, ping, confirmed }: Deps): PingBarrier {
  /** The highest seq per conversation: behind the last ping, and before it. */
  let behind = new Map<string, number>();
  let before: Map<string, number> | undefined;
  let entriesBehind = 0;
  let pingedAt = -Infinity;
  let timer: Timer | undefined;
  let isCheckDue = false;

  function send(): void {
    timer?.cancel();
    timer = undefined;
    before = behind;
    behind = new Map();
    entriesBehind = 0;
    pingedAt = clock.now();
    ping();
  }

  function sendWhenDue(): void {
    if (before !== undefined || behind.size === 0) return;
    const waitMs = pingedAt + PING_EVERY_MS - clock.now();
    if (waitMs <= 0 || entriesBehind >= PING_FROM_ENTRIES) send();
    else timer ??= clock.setTimeout(timedOut, waitMs);
  }

  function checkAtEndOfTurn(): void {
    isCheckDue = false;
    sendWhenDue();
  }

  function timedOut(): void {
    timer = undefined;
    sendWhenDue();
  }

  return {
    written(conversationId, seq) {
      behind.set(conversationId, Math.max(seq, behind.get(conversationId) ?? 0));
      entriesBehind += 1;
      if (isCheckDue) return;
      isCheckDue = true;
      beforeFlush(checkAtEndOfTurn);
    },
    keepOnly(isKept) {
      for (const seqs of [behind, before ?? []]) {
        for (const [conversationId] of seqs) {
          if (isKept(conversationId)) continue;
          behind.delete(conversationId);
          before?.delete(conversationId);
        }
      }
    },
    beat() {
      if (before === undefined) send();
    },
    pong() {
      // A pong without a ping confirms nothing.
      if (before === undefined) return;
      const done = before;
      before = undefined;
      for (const [conversationId, seq] of done) confirmed(conversationId, seq);
      sendWhenDue();
    },
    waitingMs: () => (before === undefined ? 0 : clock.now() - pingedAt),
    stop() {
      timer?.cancel();
      behind.clear();
      before = undefined;
    },
  };
}
