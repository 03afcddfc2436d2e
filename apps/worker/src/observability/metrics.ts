import type { FindingSource } from '@chasqui/db';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { type FindingKind, findingKinds } from '../audit/rules';

/** The outcome of one wake-up. An offline recipient is `woken` like an online one; that is no error. */
export type WakeupOutcome =
  'woken' | 'settled' | 'stale' | 'early' | 'dead' | 'error' | 'postponed' | 'malformed';

/**
 * - `overdue`: the user was not woken in time, and Redis had no job
 * - `lost`: Redis had lost all its data, including this job
 * - `stuck`: Redis held the job but never handed it out
 * - `forgotten`: something was pending without a delivery row
 */
export type SweepFinding = 'overdue' | 'lost' | 'stuck' | 'forgotten';

export type JobEnd = 'done' | 'failed' | 'skipped';

export interface Metrics {
  wakeup(outcome: WakeupOutcome): void;
  found(finding: SweepFinding, count: number): void;
  swept(outcome: JobEnd): void;
  auditFound(kind: FindingKind): void;
  /** This worker has just audited this many conversations. */
  audited(conversations: number): void;
  auditEnded(outcome: JobEnd): void;
  consumerRestarted(): void;
  /** This many messages have exceeded their retention and are now tombstones. */
  expired(messages: number): void;
  retained(outcome: JobEnd): void;
  /** This many events of topics have exceeded their time and were deleted. */
  topicEventsPruned(events: number): void;
  /** All metrics in Prometheus text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** Values that are read on each scrape; null while their source does not answer. */
export interface Readings {
  deliveries(): Promise<{ pending: number; dead: number } | null>;
  queue(): Promise<{ waiting: number; delayed: number; active: number } | null>;
  pool(): { size: number; available: number; using: number; waiting: number };
  busConnected(): boolean;
  /** Free space of the disk of DATA_DIR; null when no folder is watched. */
  diskFreeBytes(): number | null;
  /** Stores a finding in PostgreSQL, so that it outlives this worker. Never throws or blocks. */
  keep(source: FindingSource, kind: string, count: number): void;
}

export function createMetrics(readings: Readings): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // The endpoint may be public; do not reveal an outdated release of Node.
  registry.removeSingleMetric('nodejs_version_info');
  const registers = [registry];
  const wakeups = new Counter({
    name: 'chasqui_wakeups_total',
    help: 'Jobs of the delivery queue by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const findings = new Counter({
    name: 'chasqui_sweep_findings_total',
    help: 'Deliveries that the sweep repaired',
    labelNames: ['finding'],
    registers,
  });
  const sweeps = new Counter({
    name: 'chasqui_sweeps_total',
    help: 'Sweeps by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const auditFindings = new Counter({
    name: 'chasqui_audit_findings_total',
    help: 'Inconsistencies that the auditor found; every value but 0 is a bug',
    labelNames: ['kind'],
    registers,
  });
  for (const kind of findingKinds) auditFindings.inc({ kind }, 0);
  const audits = new Counter({
    name: 'chasqui_audits_total',
    help: 'Audits by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const auditedAt = new Gauge({
    name: 'chasqui_audit_last_run_timestamp_seconds',
    help: 'Time of the last finished audit of this worker; 0 before the first',
    registers,
  });
  const auditSample = new Gauge({
    name: 'chasqui_audit_sample_size',
    help: 'Conversations checked by the last audit',
    registers,
  });
  const expired = new Counter({
    name: 'chasqui_messages_expired_total',
    help: 'Messages whose content was deleted by retention',
    registers,
  });
  const retentions = new Counter({
    name: 'chasqui_retention_rounds_total',
    help: 'Retention rounds by outcome',
    labelNames: ['outcome'],
    registers,
  });
  const pruned = new Counter({
    name: 'chasqui_topic_events_pruned_total',
    help: 'Events of topics deleted after TOPIC_RETENTION_HOURS',
    registers,
  });
  const restarts = new Counter({
    name: 'chasqui_consumer_restarts_total',
    help: 'Reconnects because the queue was idle while deliveries were due',
    registers,
  });
  new Gauge({
    name: 'chasqui_deliveries',
    help: 'Recipients with undelivered messages, by state: pending or dead',
    labelNames: ['state'],
    registers,
    async collect() {
      setAll(this, await readings.deliveries());
    },
  });
  new Gauge({
    name: 'chasqui_queue_jobs',
    help: 'Jobs of the delivery queue in Redis',
    labelNames: ['state'],
    registers,
    async collect() {
      setAll(this, await readings.queue());
    },
  });
  new Gauge({
    name: 'chasqui_pool_connections',
    help: 'Connections to PostgreSQL',
    labelNames: ['state'],
    registers,
    collect() {
      setAll(this, readings.pool());
    },
  });
  new Gauge({
    name: 'chasqui_bus_connected',
    help: '1 while notifications between nodes arrive',
    registers,
    collect() {
      this.set(readings.busConnected() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'chasqui_disk_free_bytes',
    help: 'Free space of the disk of DATA_DIR',
    registers,
    collect() {
      const bytes = readings.diskFreeBytes();
      // Omit an unknown value: 0 would mean a full disk.
      if (bytes === null) this.remove();
      else this.set(bytes);
    },
  });

  return {
    wakeup: (outcome) => wakeups.inc({ outcome }),
    found: (finding, count) => {
      if (count === 0) return;
      findings.inc({ finding }, count);
      readings.keep('sweep', finding, count);
    },
    swept: (outcome) => sweeps.inc({ outcome }),
    auditFound: (kind) => {
      auditFindings.inc({ kind });
      readings.keep('audit', kind, 1);
    },
    audited: (conversations) => {
      auditSample.set(conversations);
      auditedAt.setToCurrentTime();
    },
    auditEnded: (outcome) => audits.inc({ outcome }),
    consumerRestarted: () => restarts.inc(),
    expired: (messages) => expired.inc(messages),
    retained: (outcome) => retentions.inc({ outcome }),
    topicEventsPruned: (events) => pruned.inc(events),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function setAll(gauge: Gauge, values: Record<string, number> | null): void {
  gauge.reset();
  for (const [state, value] of Object.entries(values ?? {})) gauge.set({ state }, value);
}
