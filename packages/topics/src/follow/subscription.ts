import { isUnavailable } from '@chasqui/db';
import type { Clock, Log, Timer } from '@chasqui/foundation';
import type { TopicEvent, TopicGauges, TopicSink } from '../ports';
import type { Follower, Follows } from './follower';
import type { Pages } from './pages';
import type { createPositions } from './positions';
import type { RecentEvents } from './recentEvents';

/** Where a subscription begins: behind an event, or with the oldest event that is kept. */
export type Place = { readonly seq: number } | { readonly id: string } | 'earliest';

export interface Start {
  /** The seq with which delivery begins. */
  readonly firstSeq: number;
  /** The place is unknown, or events behind it were pruned: delivery begins with the oldest event that is kept. */
  readonly lost: boolean;
}

export interface Subscription {
  /**
   * Resolves when the place was found; waits for PostgreSQL if it must, and stays pending when `close` comes first.
   * Never rejects. The first event is sent in a later turn of the event loop.
   */
  readonly started: Promise<Start>;
  /** Nothing is sent from now on. A second call does nothing. */
  close(): void;
}

export interface SubscribeOptions {
  /** From now on when it is left out: everything that is published after `started`. */
  readonly after?: Place | undefined;
  /** Judged when an event is sent, also for history: membership and rights may have changed. Must not throw. */
  readonly matches: (event: TopicEvent) => boolean;
}

export interface SubscriptionDeps {
  clock: Clock;
  log: Log;
  gauges: TopicGauges;
  follower: Follower;
  recent: RecentEvents;
  pages: Pages;
  positions: ReturnType<typeof createPositions>;
}

const RETRY_MS = 1_000;
/** After a shared read that was older than the newest event. */
const STALE_MS = 20;

/**
 * Delivers the log to one sink, in order and without gaps or repetition. It has a cursor of its own, and moves it
 * through the events in memory or through pages from PostgreSQL, as far as the sink can write: a slow subscriber keeps
 * nothing, and reads again later.
 */
export function openSubscription(
  deps: SubscriptionDeps,
  { after, matches }: SubscribeOptions,
  sink: TopicSink,
): Subscription {
  const { clock, follower, recent, pages } = deps;
  /** Everything up to this seq was sent or did not match; undefined until the place is found. */
  let cursor: number | undefined;
  let waiting = false;
  let reading = false;
  let closed = false;
  let timer: Timer | undefined;
  let live: ((position: number) => void) | undefined;

  /** Sends or skips the next event. */
  function pass(event: TopicEvent): void {
    cursor = event.seq;
    if (!matches(event)) return;
    sink.send(event);
    deps.gauges.dispatched(1);
  }

  function canSend(): boolean {
    if (closed || waiting) return false;
    if (sink.writable()) return true;
    waiting = true;
    sink.whenWritable(() => {
      waiting = false;
      advance();
    });
    return false;
  }

  function advance(): void {
    const position = follower.position();
    if (live !== undefined && position !== undefined) live(position);
    while (cursor !== undefined && cursor < (position ?? 0) && !reading && canSend()) {
      const event = recent.at(cursor + 1);
      if (event === undefined) void readPage(cursor);
      else pass(event);
    }
  }

  async function readPage(from: number): Promise<void> {
    reading = true;
    let retryMs: number | undefined;
    try {
      const { firstSeq, events } = await pages.after(from);
      const first = events[0]?.seq ?? Math.max(firstSeq, from + 1);
      if (cursor === from && !closed) {
        if (first > from + 1) {
          cursor = first - 1;
          sink.lost(first);
        } else if (events.length === 0) retryMs = STALE_MS;
        const position = follower.position() ?? 0;
        for (const event of events) {
          if (event.seq > position || !canSend()) break;
          pass(event);
        }
      }
    } catch (error) {
      logBug(error);
      retryMs = RETRY_MS;
    }
    if (retryMs === undefined) continueReading();
    else later(retryMs, continueReading);
  }

  /** That PostgreSQL is down is logged by the follower, once for all subscribers. */
  function logBug(error: unknown): void {
    if (!isUnavailable(error)) deps.log.error({ err: error }, 'reading events failed');
  }

  function continueReading(): void {
    reading = false;
    advance();
  }

  function later(ms: number, work: () => void): void {
    if (closed) return;
    timer = clock.setTimeout(work, ms);
  }

  async function locate(place: Place): Promise<Start> {
    const id = typeof place === 'object' && 'id' in place ? place.id : null;
    const known = id === null ? undefined : recent.seqOf(id);
    if (known !== undefined) return { firstSeq: known + 1, lost: false };
    const found = await deps.positions.locate(id);
    if (place === 'earliest') return { firstSeq: found.firstSeq, lost: false };
    const seq = 'id' in place ? found.seq : place.seq;
    const isKept = seq !== null && seq >= found.firstSeq - 1 && seq <= found.lastSeq;
    return isKept ? { firstSeq: seq + 1, lost: false } : { firstSeq: found.firstSeq, lost: true };
  }

  function begin(start: Start, resolve: (start: Start) => void): void {
    if (closed) return;
    resolve(start);
    setImmediate(() => {
      cursor = start.firstSeq - 1;
      advance();
    });
  }

  const started = new Promise<Start>((resolve) => {
    if (after === undefined) {
      live = (position) => {
        live = undefined;
        begin({ firstSeq: position + 1, lost: false }, resolve);
      };
      return;
    }
    const place = after;
    const attempt = (): void => {
      locate(place).then(
        (start) => begin(start, resolve),
        (error: unknown) => {
          logBug(error);
          later(RETRY_MS, attempt);
        },
      );
    };
    attempt();
  });

  const subscriber: Follows = {
    advance,
    rewind(position) {
      if (cursor === undefined || cursor <= position) return;
      cursor = position;
      sink.lost(position + 1);
    },
  };
  follower.add(subscriber);
  advance();

  return {
    started,
    close() {
      closed = true;
      timer?.cancel();
      follower.remove(subscriber);
    },
  };
}
