import type { Bus } from '@chasqui/core/ports';
import { type Database, guarded } from '@chasqui/db';
import { type Clock, createScheduler, endsWithin, type Log } from '@chasqui/foundation';
import { createFollower } from './follow/follower';
import { createPages } from './follow/pages';
import { createPositions } from './follow/positions';
import { createRecentEvents } from './follow/recentEvents';
import { openSubscription, type SubscribeOptions, type Subscription } from './follow/subscription';
import { eventSize } from './eventSize';
import type { TopicGauges, TopicSink } from './ports';
import { type NewTopicEvent, type TopicBounds, usualBounds } from './publish/newEvents';
import { createPublisher, type Published } from './publish/publisher';
import { lastEvent } from './statements';

/** One application's log of events by topic: in PostgreSQL, without gaps, in the order of the commits. */
export interface TopicLog {
  /**
   * Commits the events together, in this order, and then hands them to the subscribers of all nodes. An id makes a
   * repeat return the seq of the first publish, as long as the event is kept.
   * @throws ValidationError for events beyond the bounds (413 for data); ConflictError when an id belongs to another
   * event, in which case the others are stored; UnavailableError when PostgreSQL does not answer: the outcome is
   * unknown, and a repeat with the same ids finds it out.
   */
  publish(events: readonly NewTopicEvent[]): Promise<Published[]>;
  /** Opens a subscription, also while PostgreSQL is down (D11). */
  subscribe(options: SubscribeOptions, sink: TopicSink): Subscription;
  /** The newest event that is kept. Throws UnavailableError when PostgreSQL does not answer. */
  last(): Promise<{ id: string; seq: number } | null>;
  /** Committed events that the subscribers of this node have not reached yet, for metrics. */
  behind(): number;
  /** Waits up to `withinMs` for publishes in flight and ends everything. Subscriptions get nothing more. */
  stop(withinMs: number): Promise<void>;
}

export interface TopicLogDeps {
  /** The application: each has a log of its own. */
  name: string;
  db: Database;
  bus: Bus;
  clock: Clock;
  log: Log;
  gauges: TopicGauges;
  /** Interval of the poll that makes up for lost notifications, milliseconds. */
  pollMs: number;
  bounds?: Partial<TopicBounds>;
}

/** The polling interval while notifications may be lost. */
const IN_DOUBT_EVERY_MS = 2_000;
/** PostgreSQL may still execute a publish that timed out. */
const IN_DOUBT_MS = 30_000;
const AFTER_UNKNOWN_MS = 250;
/** Larger batches are announced without their events: the other nodes read them from PostgreSQL. */
const MAX_ANNOUNCED_BYTES = 131_072;

/** Opens the log of one application on one node. */
export function createTopicLog(deps: TopicLogDeps): TopicLog {
  const { name, db, bus, clock, log, gauges } = deps;
  const scheduler = createScheduler({ clock, log });
  const recent = createRecentEvents();
  const pages = createPages(db, name);
  const positions = createPositions(db, name);
  const follower = createFollower({
    ...{ name, db, clock, scheduler, log, gauges, recent, pages },
  });
  let inDoubtUntil = 0;

  const pollSoon = scheduler.soon(AFTER_UNKNOWN_MS, () => void follower.poll());
  const publisher = createPublisher({
    ...{ name, db, log, gauges, bounds: { ...usualBounds, ...deps.bounds } },
    onCommitted(lastSeq, events) {
      follower.committed(lastSeq, events);
      const bytes = events.reduce((sum, event) => sum + eventSize(event), 0);
      const announced = bytes > MAX_ANNOUNCED_BYTES ? [] : events;
      bus.publish({ type: 'topic-events', log: name, lastSeq, events: announced });
    },
    onUnknown() {
      inDoubtUntil = clock.now() + IN_DOUBT_MS;
      pollSoon();
    },
  });

  const unsubscribe = [
    bus.subscribe((notification) => {
      if (notification.type !== 'topic-events' || notification.log !== name) return;
      follower.committed(notification.lastSeq, notification.events);
    }),
    bus.onRecovered(() => void follower.poll()),
  ];
  scheduler.every(
    () =>
      !bus.connected() || clock.now() < inDoubtUntil
        ? Math.min(IN_DOUBT_EVERY_MS, deps.pollMs)
        : deps.pollMs,
    () => follower.poll(),
  );

  const open = new Set<Subscription>();
  return {
    publish: (events) => publisher.publish(events),
    subscribe(options, sink) {
      const parts = { clock, log, gauges, follower, recent, pages, positions };
      const { started, close } = openSubscription(parts, options, sink);
      const subscription = {
        started,
        close() {
          open.delete(subscription);
          close();
        },
      };
      open.add(subscription);
      return subscription;
    },
    last: async () => (await guarded(() => lastEvent.row(db, name))) ?? null,
    behind: () => follower.behind(),
    async stop(withinMs) {
      scheduler.stop();
      for (const off of unsubscribe) off();
      for (const subscription of [...open]) subscription.close();
      await endsWithin(publisher.idle(), withinMs, clock);
    },
  };
}
