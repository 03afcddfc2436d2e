import { withTimeout } from '@chasqui/foundation';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Gauges } from '@chasqui/core/ports';
import type { TopicGauges } from '@chasqui/topics';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Values read at scrape time. Null or a rejection means currently unknown. */
export interface FigureSources {
  connections(): number;
  pool(): { size: number; available: number; using: number; waiting: number };
  deliveryCounts(): Promise<{ pending: number; dead: number }>;
  queueDepth(): Promise<Readonly<Record<string, number>> | null>;
  busConnected(): boolean;
  repeatingEvents(): boolean;
  notificationsDropped(): number;
  wakeupFailures(): number;
  /** Worker findings since the instance was created, by kind. */
  sweepFindings(): Promise<Record<string, number>>;
  auditFindings(): Promise<Record<string, number>>;
  redis(): Promise<unknown>;
  /** Free space on the disk of DATA_DIR; null if it is not monitored. */
  diskFreeBytes(): number | null;
  /** Rate-limit refusals by action. */
  refusals(): Readonly<Record<string, number>>;
  /**
   * Bytes buffered for slow connections, by direction, and connections closed because the total was
   * too high.
   */
  heldBytes(): Readonly<Record<string, number>>;
  slowConnectionsClosed(): Readonly<Record<string, number>>;
  /** Committed events that this node has not reached, by log of topics. */
  topicsBehind(): Readonly<Record<string, number>>;
}

export interface Metrics {
  /** Recorded by the delivery path. */
  gauges: Gauges;
  /** Recorded by a log of topics. */
  topicGauges(log: string): TopicGauges;
  /** All metrics in the Prometheus text format. Takes about a second at most. */
  read(): Promise<{ contentType: string; text: string }>;
  stop(): void;
}

const LOOKUP_MS = 1_000;

export function createMetrics(sources: FigureSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  // /metrics may be public; do not advertise the Node.js version.
  registry.removeSingleMetric('nodejs_version_info');
  const eventLoop = monitorEventLoopDelay({ resolution: 20 });
  eventLoop.enable();

  const sends = new Counter({
    name: 'chasqui_sends_total',
    help: 'Messages committed.',
    registers,
  });
  const batches = new Histogram({
    name: 'chasqui_send_batch_size',
    help: 'Messages per send transaction.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500],
    registers,
  });
  const delivered = new Counter({
    name: 'chasqui_delivered_total',
    help: 'Messages written to connections.',
    registers,
  });
  const latency = new Histogram({
    name: 'chasqui_delivery_latency_seconds',
    help: 'Time from commit to the write to a connection; includes backlogs of offline recipients.',
    buckets: [
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 3_600, 86_400,
    ],
    registers,
  });
  const gaps = new Counter({
    name: 'chasqui_gap_entries_total',
    help: 'Entries read from PostgreSQL for a connection instead of from a live notification.',
    registers,
  });

  const topicEvents = new Counter({
    name: 'chasqui_topic_events_total',
    help: 'Events of topics, by log: published by this node, and dispatched to its subscribers.',
    labelNames: ['log', 'state'],
    registers,
  });
  const topicLag = new Histogram({
    name: 'chasqui_topic_lag_seconds',
    help: 'Time from the commit of an event until this node had it, by log.',
    labelNames: ['log'],
    buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 10, 60],
    registers,
  });
  lookupGauge(
    'chasqui_topic_events_behind',
    'Committed events of topics that this node has not reached, by log.',
    async () => sources.topicsBehind(),
  );

  lookupGauge('chasqui_connections', 'Connections of this node.', async () => ({
    '': sources.connections(),
  }));
  lookupGauge(
    'chasqui_event_loop_delay_seconds',
    'Event loop delay since the last scrape.',
    async () => {
      const figures = {
        mean: seconds(eventLoop.mean),
        p99: seconds(eventLoop.percentile(99)),
        max: seconds(eventLoop.max),
      };
      eventLoop.reset();
      return figures;
    },
  );
  lookupGauge(
    'chasqui_pool_connections',
    'PostgreSQL connections and callers waiting for one.',
    async () => sources.pool(),
  );
  lookupGauge(
    'chasqui_deliveries',
    'Recipients with pending deliveries, and dead deliveries.',
    () => sources.deliveryCounts(),
  );
  lookupGauge('chasqui_queue_jobs', 'Jobs in message_delivery.', () => sources.queueDepth());
  lookupGauge(
    'chasqui_bus_connected',
    '1 if notifications between nodes are working.',
    async () => ({
      '': sources.busConnected() ? 1 : 0,
    }),
  );
  lookupGauge(
    'chasqui_repeating_events',
    '1 while this node repeats events because notifications may have been lost.',
    async () => ({ '': sources.repeatingEvents() ? 1 : 0 }),
  );
  lookupGauge(
    'chasqui_hints_dropped',
    'Notifications between nodes that could not be sent.',
    async () => ({
      '': sources.notificationsDropped(),
    }),
  );
  lookupGauge('chasqui_wakeup_failures', 'Wake-ups left to the sweep.', async () => ({
    '': sources.wakeupFailures(),
  }));
  lookupGauge('chasqui_sweep_findings', 'Deliveries repaired by the sweep, by finding.', () =>
    withTotal(sources.sweepFindings()),
  );
  lookupGauge(
    'chasqui_audit_findings',
    'Inconsistencies found by the auditor; any value but 0 is a bug.',
    () => withTotal(sources.auditFindings()),
  );
  lookupGauge('chasqui_refused_total', 'Requests refused by limits, by action.', async () => ({
    ...sources.refusals(),
  }));
  lookupGauge(
    'chasqui_held_bytes',
    'Bytes buffered for slow connections, by direction.',
    async () => sources.heldBytes(),
  );
  lookupGauge(
    'chasqui_slow_connections_closed',
    'Connections closed because the node buffered too many bytes, by direction.',
    async () => sources.slowConnectionsClosed(),
  );
  lookupGauge('chasqui_disk_free_bytes', 'Free space on the disk of DATA_DIR.', async () => {
    const bytes = sources.diskFreeBytes();
    return bytes === null ? null : { '': bytes };
  });
  lookupGauge('chasqui_redis_up', 'Whether Redis accepts writes.', async () => ({
    '': await sources.redis().then(
      () => 1,
      () => 0,
    ),
  }));

  /**
   * Registers a gauge, labelled by state, whose values are read at each scrape. Unknown values are
   * omitted.
   */
  function lookupGauge(
    name: string,
    help: string,
    lookup: () => Promise<Readonly<Record<string, number>> | null>,
  ): void {
    new Gauge({
      name,
      help,
      labelNames: ['state'],
      registers,
      async collect() {
        const figures = await bounded(lookup());
        this.reset();
        for (const [state, value] of Object.entries(figures ?? {})) {
          if (!Number.isFinite(value)) continue;
          if (state === '') this.set(value);
          else this.set({ state }, value);
        }
      },
    });
  }

  return {
    gauges: {
      sendBatch(messages) {
        sends.inc(messages);
        batches.observe(messages);
      },
      delivered(count, latencyMs) {
        delivered.inc(count);
        // Clocks of two nodes may differ.
        if (latencyMs !== null) latency.observe(Math.max(0, latencyMs) / 1000);
      },
      gapRead: (entries) => gaps.inc(entries),
    },
    topicGauges: (log) => ({
      published: (events) => topicEvents.inc({ log, state: 'published' }, events),
      dispatched: (events) => topicEvents.inc({ log, state: 'dispatched' }, events),
      // Clocks of two machines may differ.
      lag: (ms) => topicLag.observe({ log }, Math.max(0, ms) / 1_000),
    }),
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    stop() {
      eventLoop.disable();
      registry.clear();
    },
  };
}

/** Adds the total without a label, so that a 0 exists before the first finding. */
async function withTotal(byKind: Promise<Record<string, number>>): Promise<Record<string, number>> {
  const found = await byKind;
  return { ...found, '': Object.values(found).reduce((sum, count) => sum + count, 0) };
}

function seconds(nanoseconds: number): number {
  return nanoseconds / 1e9;
}

/** The values, or null if they do not arrive in time. */
async function bounded<T>(figures: Promise<T>): Promise<T | null> {
  return withTimeout(figures, LOOKUP_MS, () => null).catch(() => null);
}
