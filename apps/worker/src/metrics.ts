import type { FindingSource } from '@pern/db/findings';
import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';
import { type FindingKind, findingKinds } from './audit/rules';

/** What one wake-up came to. A recipient who is offline is `woken` like one who is not: no error. */
export type WakeupOutcome =
  'woken' | 'settled' | 'stale' | 'early' | 'dead' | 'error' | 'postponed' | 'malformed';

/**
 * - `overdue`: nobody woke the user in time, and Redis had no job for it
 * - `lost`: Redis had lost everything, and this job with it
 * - `stuck`: the job was in Redis but never came
 * - `forgotten`: something was pending without a row that says so
 */
export type SweepFinding = 'overdue' | 'lost' | 'stuck' | 'forgotten';

export type JobEnd = 'done' | 'failed' | 'skipped';

export interface Metrics {
  wakeup(outcome: WakeupOutcome): void;
  found(finding: SweepFinding, count: number): void;
  swept(outcome: JobEnd): void;
  auditFound(kind: FindingKind): void;
  /** This worker has looked at so many conversations, just now. */
  audited(conversations: number): void;
  auditEnded(outcome: JobEnd): void;
  consumerRestarted(): void;
  /** So many messages have outlived their retention and are tombstones now. */
  expired(messages: number): void;
  retained(outcome: JobEnd): void;
  /** Prometheus' text format. */
  text(): Promise<string>;
  readonly contentType: string;
}

/** What is read at the moment somebody asks; null while its source does not answer. */
export interface Readings {
  deliveries(): Promise<{ pending: number; dead: number } | null>;
  queue(): Promise<{ waiting: number; delayed: number; active: number } | null>;
  pool(): { size: number; available: number; using: number; waiting: number };
  busConnected(): boolean;
  /** Of the disk of DATA_DIR; null where it is not watched. */
  diskFreeBytes(): number | null;
  /** Keeps what was found beyond the life of this worker. Never throws, never waits. */
  keep(source: FindingSource, kind: string, count: number): void;
}

export function createMetrics(readings: Readings): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  // Strangers may read the figures: they need not know which release of Node has yet to be updated.
  registry.removeSingleMetric('nodejs_version_info');
  const registers = [registry];
  const wakeups = new Counter({
    name: 'chasqui_wakeups_total',
    help: 'Jobs of the delivery queue by what they came to',
    labelNames: ['outcome'],
    registers,
  });
  const findings = new Counter({
    name: 'chasqui_sweep_findings_total',
    help: 'Deliveries that the sweep had to put right',
    labelNames: ['finding'],
    registers,
  });
  const sweeps = new Counter({
    name: 'chasqui_sweeps_total',
    help: 'Sweeps by how they ended',
    labelNames: ['outcome'],
    registers,
  });
  const auditFindings = new Counter({
    name: 'chasqui_audit_findings_total',
    help: 'What the auditor found that is not as promised; anything but 0 is a bug',
    labelNames: ['kind'],
    registers,
  });
  for (const kind of findingKinds) auditFindings.inc({ kind }, 0);
  const audits = new Counter({
    name: 'chasqui_audits_total',
    help: 'Audits by how they ended',
    labelNames: ['outcome'],
    registers,
  });
  const auditedAt = new Gauge({
    name: 'chasqui_audit_last_run_timestamp_seconds',
    help: 'When this worker last finished an audit; 0 if it never has',
    registers,
  });
  const auditSample = new Gauge({
    name: 'chasqui_audit_sample_size',
    help: 'Conversations that its last audit looked at',
    registers,
  });
  const expired = new Counter({
    name: 'chasqui_messages_expired_total',
    help: 'Messages whose content went because of their age',
    registers,
  });
  const retentions = new Counter({
    name: 'chasqui_retention_rounds_total',
    help: 'Rounds of retention by how they ended',
    labelNames: ['outcome'],
    registers,
  });
  const restarts = new Counter({
    name: 'chasqui_consumer_restarts_total',
    help: 'Times the queue was idle though deliveries were due, and was connected anew',
    registers,
  });
  new Gauge({
    name: 'chasqui_deliveries',
    help: 'Recipients with something waiting (pending) or given up (dead)',
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
    help: '1 while hints between nodes can travel',
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
      // What is not known is left out: 0 would say that the disk is full.
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
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

function setAll(gauge: Gauge, values: Record<string, number> | null): void {
  gauge.reset();
  for (const [state, value] of Object.entries(values ?? {})) gauge.set({ state }, value);
}
