import {
  type Database,
  isUnavailable,
  readConversationFacts,
  sampleConversations,
  withSnapshot,
} from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import type { QueueMarker } from '@chasqui/redis';
import { type Finding, findingsIn, keyOf } from './rules';
import type { Metrics } from '../observability/metrics';
import { createReported } from './reportedFindings';
import { shownUnread } from './shownUnread';
import { createStaleMarks } from './staleMarks';

export interface AuditDeps {
  db: Database;
  marker: Pick<QueueMarker, 'takeTurn'>;
  metrics: Pick<Metrics, 'audited' | 'auditFound'>;
  log: Log;
  /** Interval of the audit, milliseconds. One worker audits per interval. */
  intervalMs: number;
  /** Waits between the two checks of a suspicious conversation. Acknowledgements settle meanwhile. */
  pause(): Promise<void>;
  /** Reads the unread counts that users see for a conversation. */
  unread?: typeof shownUnread;
  stopping?: AbortSignal;
}

/** Conversations per audit. */
const SAMPLE = 50;
/** Limit per statement, milliseconds. A conversation that needs longer is skipped. */
const STATEMENT_MS = 2_000;

/**
 * Audits a sample of conversations against the promises. It repairs nothing: a finding is a bug, or a manual change
 * of the tables. A suspicious conversation is checked again after a pause; a finding that persists is logged and
 * counted once. The returned function throws when PostgreSQL or Redis does not answer.
 */
export function createAudit(deps: AuditDeps): () => Promise<void> {
  const { db, log, metrics } = deps;
  const reported = createReported();
  const staleMarks = createStaleMarks();
  const unread = deps.unread ?? shownUnread;

  /** Returns null when the conversation is gone, or too large to read in time. */
  async function check(id: string): Promise<Finding[] | null> {
    try {
      return await withSnapshot(db, STATEMENT_MS, async (snapshot) => {
        const facts = await readConversationFacts(snapshot, id);
        return facts && findingsIn(facts, await unread(db, snapshot, facts));
      });
    } catch (error) {
      if (!isStatementTimeout(error)) throw error;
      log.warn({ conversationId: id }, 'a conversation took too long to audit and was skipped');
      return null;
    }
  }

  async function checkAll(ids: Iterable<string>): Promise<Map<string, Finding[]>> {
    const checked = new Map<string, Finding[]>();
    // Stop after half the interval: the worker has other jobs.
    const end = performance.now() + deps.intervalMs / 2;
    for (const id of ids) {
      if (deps.stopping?.aborted || performance.now() > end) break;
      const findings = await check(id);
      if (findings) checked.set(id, findings);
    }
    return checked;
  }

  return async () => {
    // Slightly less than the interval, or two workers would miss each other's turns.
    if (!(await deps.marker.takeTurn('audit', deps.intervalMs * 0.8))) return;
    const sample = await withSnapshot(db, STATEMENT_MS, (snapshot) =>
      sampleConversations(snapshot, SAMPLE),
    );
    const first = await checkAll(new Set([...sample, ...staleMarks.conversations()]));
    const suspicious = [...first].filter(([, findings]) => findings.length > 0);
    let persistent: Finding[] = [];
    if (suspicious.length > 0) {
      await deps.pause();
      const second = await checkAll(suspicious.map(([id]) => id));
      const before = new Set(suspicious.flatMap(([, findings]) => findings.map(keyOf)));
      persistent = [...second.values()].flat().filter((finding) => before.has(keyOf(finding)));
    }
    if (deps.stopping?.aborted) return;
    const confirmed = staleMarks.confirm(first.keys(), persistent);
    for (const finding of reported.unreported(first.keys(), confirmed)) {
      metrics.auditFound(finding.kind);
      log.error({ ...finding }, 'the auditor found an inconsistency');
    }
    metrics.audited(first.size);
  };
}

function isStatementTimeout(error: unknown): boolean {
  return (
    isUnavailable(error) && error instanceof Error && error.message.includes('statement timeout')
  );
}
