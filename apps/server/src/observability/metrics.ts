import { withTimeout } from '@chasqui/foundation';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Gauges } from '@chasqui/core/ports';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What is looked up when somebody asks for the figures. Null or a rejection: not known at the moment. */
export interface FigureSources {
  connections(): number;
  pool(): { size: number; available: number; using: number; waiting: number };
  deliveryCounts(): Promise<{ pending: number; dead: number }>;
  queueDepth(): Promise<Readonly<Record<string, number>> | null>;
  busConnected(): boolean;
  hintsDropped(): number;
  wakeupFailures(): number;
  /** What workers found since the instance began, by kind. */
  sweepFindings(): Promise<Record<string, number>>;
  auditFindings(): Promise<Record<string, number>>;
  redis(): Promise<unknown>;
  /** Of the disk of DATA_DIR; null where it is not watched. */
  diskFreeBytes(): number | null;
  /** What was refused because it was too much, by kind of action. */
  refusals(): Readonly<Record<string, number>>;
  /** Bytes held for slow connections, by direction, and how many were closed because it was too much. */
  heldBytes(): Readonly<Record<string, number>>;
  slowConnectionsClosed(): Readonly<Record<string, number>>;
}

export interface Metrics {
  /** For the delivery path. */
  gauges: Gauges;
  /** All figures in the text format of Prometheus. Never waits longer than a second or so. */
  read(): Promise<{ contentType: string; text: string }>;
  stop(): void;
}

const LOOKUP_MS = 1_000;

export function createMetrics(sources: FigureSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  // Strangers may read the figures: they need not know which release of Node has yet to be updated.
  registry.removeSingleMetric('nodejs_version_info');
  const eventLoop = monitorEventLoopDelay({ resolution: 20 });
  eventLoop.enable();

  const sends = new Counter({
    name: 'chasqui_sends_total',
    help: 'Messages that were committed.',
    registers,
  });
  const batches = new Histogram({
    name: 'chasqui_send_batch_size',
    help: 'Messages that shared one transaction.',
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
    help: 'From the commit to the write to a connection; backlogs of who was away count too.',
    buckets: [
      0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 3_600, 86_400,
    ],
    registers,
  });
  const gaps = new Counter({
    name: 'chasqui_gap_entries_total',
    help: 'Entries that connections were sent from PostgreSQL and not from a live hint.',
    registers,
  });

  looked('chasqui_connections', 'Connections of this node.', async () => ({
    '': sources.connections(),
  }));
  looked(
    'chasqui_event_loop_delay_seconds',
    'Delay of the event loop since the last look.',
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
  looked(
    'chasqui_pool_connections',
    'Connections to PostgreSQL, and who waits for one.',
    async () => sources.pool(),
  );
  looked('chasqui_deliveries', 'Recipients who have something waiting, and those given up.', () =>
    sources.deliveryCounts(),
  );
  looked('chasqui_queue_jobs', 'Jobs in message_delivery.', () => sources.queueDepth());
  looked('chasqui_bus_connected', '1 while hints between nodes can travel.', async () => ({
    '': sources.busConnected() ? 1 : 0,
  }));
  looked('chasqui_hints_dropped', 'Hints between nodes that could not be sent.', async () => ({
    '': sources.hintsDropped(),
  }));
  looked('chasqui_wakeup_failures', 'Wake-ups that were left to the sweep.', async () => ({
    '': sources.wakeupFailures(),
  }));
  looked('chasqui_sweep_findings', 'Deliveries that the sweep repaired, by finding.', () =>
    withTotal(sources.sweepFindings()),
  );
  looked(
    'chasqui_audit_findings',
    'Inconsistencies that the auditor found; every value but 0 is a bug.',
    () => withTotal(sources.auditFindings()),
  );
  looked('chasqui_refused_total', 'What was too much, by kind of action.', async () => ({
    ...sources.refusals(),
  }));
  looked('chasqui_held_bytes', 'Bytes held for slow connections, by direction.', async () =>
    sources.heldBytes(),
  );
  looked(
    'chasqui_slow_connections_closed',
    'Connections closed because a node held too many bytes, by direction.',
    async () => sources.slowConnectionsClosed(),
  );
  looked('chasqui_disk_free_bytes', 'Free space of the disk of DATA_DIR.', async () => {
    const bytes = sources.diskFreeBytes();
    return bytes === null ? null : { '': bytes };
  });
  looked('chasqui_redis_up', 'Whether Redis takes a write.', async () => ({
    '': await sources.redis().then(
      () => 1,
      () => 0,
    ),
  }));

  /** A gauge whose values, by state, are looked up at each reading; what is not known is left out. */
  function looked(
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
    read: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
    stop() {
      eventLoop.disable();
      registry.clear();
    },
  };
}

/** The sum stands under no state, so that there is a 0 before anything was found. */
async function withTotal(byKind: Promise<Record<string, number>>): Promise<Record<string, number>> {
  const found = await byKind;
  return { ...found, '': Object.values(found).reduce((sum, count) => sum + count, 0) };
}

function seconds(nanoseconds: number): number {
  return nanoseconds / 1e9;
}

/** The figures, or null when they are not there in time. */
async function bounded<T>(figures: Promise<T>): Promise<T | null> {
  return withTimeout(figures, LOOKUP_MS, () => null).catch(() => null);
}
