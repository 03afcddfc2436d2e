import type { Database } from '@chasqui/db';
import type { Clock, Log, Scheduler } from '@chasqui/foundation';
import type { TopicEvent, TopicGauges } from '../ports';
import { eventsAfter, logRange } from '../statements';
import type { Pages } from './pages';
import type { RecentEvents } from './recentEvents';

/** What the follower moves forward. */
export interface Follows {
  /** The follower has more events. Never throws. */
  advance(): void;
  /** The log ends at `position` now: PostgreSQL lost later events in a failover. */
  rewind(position: number): void;
}

/**
 * Follows the log of this node's subscribers in order. Announcements raise the target; what they lack comes from
 * PostgreSQL, and so does everything when they are lost (poll). Without a subscriber it reads nothing.
 */
export interface Follower {
  add(subscriber: Follows): void;
  remove(subscriber: Follows): void;
  /** The seq up to which this node has the events; undefined until the end of the log was read. */
  position(): number | undefined;
  /** The log has grown; events are the newest ones, ascending without gaps. Duplicates and losses are harmless. */
  committed(lastSeq: number, events: readonly TopicEvent[]): void;
  /** Reads the end of the log from PostgreSQL. Never rejects. */
  poll(): Promise<void>;
  /** Events that are committed and not yet on this node. */
  behind(): number;
}

export interface FollowerDeps {
  name: string;
  db: Database;
  clock: Clock;
  scheduler: Scheduler;
  log: Log;
  gauges: TopicGauges;
  recent: RecentEvents;
  pages: Pages;
}

const PAGE_EVENTS = 100;
/** Events that arrived before one with a lower seq. */
const MAX_EARLY = 256;
const RETRY_MS = 1_000;

export function createFollower(deps: FollowerDeps): Follower {
  const { db, name, clock, log, gauges, recent, pages } = deps;
  const subscribers = new Set<Follows>();
  const early = new Map<number, TopicEvent>();
  let position: number | undefined;
  let target = 0;
  let reading = false;
  let polling: Promise<void> | undefined;
  const retrySoon = deps.scheduler.soon(RETRY_MS, () => void poll());

  function failed(error: unknown): void {
    log.warn({ err: error, log: name }, 'reading a log of topics failed; will retry');
    retrySoon();
  }

  function append(event: TopicEvent): void {
    position = event.seq;
    recent.append(event);
    gauges.lag(clock.now() - event.at);
  }

  /** Appends the events that arrived. Returns whether some are still missing. */
  function takeEarly(): boolean {
    if (position === undefined) return false;
    const before = position;
    for (let next = early.get(position + 1); next !== undefined; next = early.get(next.seq + 1)) {
      early.delete(next.seq);
      append(next);
    }
    if (position > before) for (const subscriber of [...subscribers]) subscriber.advance();
    return position < target;
  }

  function advance(): void {
    if (reading || !takeEarly()) return;
    reading = true;
    readGaps().then(
      () => {
        reading = false;
        // What was announced after the last read.
        advance();
      },
      (error: unknown) => {
        reading = false;
        failed(error);
      },
    );
  }

  async function readGaps(): Promise<void> {
    while (takeEarly() && position !== undefined) {
      const from: number = position;
      const rows = await eventsAfter.rows(db, name, from, PAGE_EVENTS);
      // Stopped or rewound meanwhile.
      if (position !== from) continue;
      for (const { event } of rows) if (event !== null) append(event);
      const firstSeq = rows[0]?.firstSeq ?? 1;
      // All of it was pruned before this node read it.
      if (position === from && firstSeq > from + 1) position = firstSeq - 1;
      // PostgreSQL does not have what was announced yet: the next poll reads it.
      if (position === from) {
        target = from;
        return;
      }
      dropPassed();
      for (const subscriber of [...subscribers]) subscriber.advance();
    }
  }

  function dropPassed(): void {
    for (const seq of early.keys()) if (seq <= (position ?? 0)) early.delete(seq);
  }

  async function readEnd(): Promise<void> {
    const before = position;
    const range = await logRange.row(db, name);
    if (subscribers.size === 0) return;
    const lastSeq = range?.lastSeq ?? 0;
    if (before !== undefined && lastSeq < before) rewind(lastSeq);
    position ??= lastSeq;
    dropPassed();
    target = Math.max(target, lastSeq);
    advance();
    // The first read also starts those who wait for the position.
    if (before === undefined) for (const subscriber of [...subscribers]) subscriber.advance();
  }

  function rewind(lastSeq: number): void {
    log.error({ log: name, lastSeq, position }, 'PostgreSQL has lost events of a log of topics');
    forget();
    position = lastSeq;
    for (const subscriber of [...subscribers]) subscriber.rewind(lastSeq);
  }

  function forget(): void {
    position = undefined;
    target = 0;
    early.clear();
    recent.clear();
    pages.clear();
  }

  async function poll(): Promise<void> {
    if (subscribers.size === 0) return;
    polling ??= readEnd()
      .catch(failed)
      .finally(() => (polling = undefined));
    await polling;
  }

  return {
    add(subscriber) {
      subscribers.add(subscriber);
      if (position === undefined) void poll();
    },
    remove(subscriber) {
      // Nobody keeps the position current from now on.
      if (subscribers.delete(subscriber) && subscribers.size === 0) forget();
    },
    position: () => position,
    committed(lastSeq, events) {
      if (subscribers.size === 0) return;
      target = Math.max(target, lastSeq);
      for (const event of events) {
        if (event.seq > (position ?? 0) && early.size < MAX_EARLY) early.set(event.seq, event);
      }
      advance();
    },
    poll,
    behind: () => (position === undefined ? 0 : Math.max(0, target - position)),
  };
}
