import { createFakeNetwork } from '@chasqui/core/testing';
import type { Bus } from '@chasqui/core/ports';
import { connectDatabase, type Database } from '@chasqui/db';
import { type Clock, systemClock } from '@chasqui/foundation';
import { freshDatabase, quietLog, until } from '@chasqui/testkit';
import type { Place, Start, Subscription } from '../follow/subscription';
import type { TopicEvent, TopicSink } from '../ports';
import { createTopicLog, type TopicLog } from '../topicLog';

const NEVER_MS = 3_600_000;

/** A sink that records what it gets, and accepts events until `pause`. */
export interface RecordingSink extends TopicSink {
  readonly events: TopicEvent[];
  /** The `firstSeq` of each loss. */
  readonly losses: number[];
  /** Accepts `events` more, then is full. */
  pause(events?: number): void;
  /** Accepts `events` more. */
  resume(events?: number): void;
  /** Events that came although the sink was full. */
  overruns(): number;
  seqs(): number[];
  data(): string[];
}

export function recordingSink(): RecordingSink {
  const events: TopicEvent[] = [];
  const losses: number[] = [];
  let room = Infinity;
  let overruns = 0;
  let waiting: (() => void)[] = [];
  return {
    events,
    losses,
    send(event) {
      if (room <= 0) overruns += 1;
      room -= 1;
      events.push(event);
    },
    lost: (firstSeq) => void losses.push(firstSeq),
    writable: () => room > 0,
    whenWritable: (callback) => void waiting.push(callback),
    pause: (more = 0) => void (room = more),
    overruns: () => overruns,
    resume(more = Infinity) {
      room = more;
      const called = waiting;
      waiting = [];
      for (const callback of called) callback();
    },
    seqs: () => events.map(({ seq }) => seq),
    data: () => events.map(({ data }) => data),
  };
}

export interface Subscriber extends RecordingSink {
  readonly subscription: Subscription;
  readonly start: Start;
}

export interface TopicNode {
  readonly log: TopicLog;
  /** Events per transaction. */
  readonly batches: number[];
  publish(...data: string[]): Promise<number[]>;
  /** Resolves when it has started. */
  subscribe(after?: Place, matches?: (event: TopicEvent) => boolean): Promise<Subscriber>;
}

export interface NodeOptions {
  bus?: Bus;
  pollMs?: number;
  clock?: Clock;
  name?: string;
}

export type TopicRoom = Awaited<ReturnType<typeof openTopicRoom>>;

/** Nodes that share a database, by default on a bus within this process that loses nothing. */
export async function openTopicRoom(databaseUrl?: string) {
  const database = databaseUrl === undefined ? await freshDatabase() : undefined;
  const db = connectDatabase({ url: database?.url ?? databaseUrl ?? '' });
  const network = createFakeNetwork();
  const logs: TopicLog[] = [];
  const pools: Database[] = [db];

  return {
    ...{ db, network },
    /** A node with a pool of its own. Notifications alone move it, unless `pollMs` is given. */
    node({
      bus = network.join(),
      pollMs = NEVER_MS,
      clock = systemClock,
      name = 'app',
    }: NodeOptions = {}): TopicNode {
      const pool = connectDatabase({ url: database?.url ?? databaseUrl ?? '', poolMax: 4 });
      pools.push(pool);
      const batches: number[] = [];
      const gauges = {
        published: (events: number) => void batches.push(events),
        dispatched: () => undefined,
        lag: () => undefined,
      };
      const log = createTopicLog({
        ...{ name, db: pool, bus, clock, log: quietLog(), gauges, pollMs },
      });
      logs.push(log);
      return {
        ...{ log, batches },
        async publish(...data) {
          const published = await log.publish(
            data.map((each) => ({ topics: ['/news'], data: each })),
          );
          return published.map(({ seq }) => seq);
        },
        async subscribe(after, matches = () => true) {
          const sink = recordingSink();
          const subscription = log.subscribe({ after, matches }, sink);
          return Object.assign(sink, { subscription, start: await subscription.started });
        },
      };
    },
    async close(): Promise<void> {
      await Promise.all(logs.map((log) => log.stop(1_000)));
      await Promise.all(pools.map((pool) => pool.close()));
      await database?.drop();
    },
  };
}

/** 1 to `last`. */
export const upTo = (last: number): number[] => Array.from({ length: last }, (_, i) => i + 1);

export const received = (sink: RecordingSink, count: number) =>
  until(`${count} events have arrived`, () => sink.events.length >= count);
