import { readConversationFacts, sampleConversations } from '@pern/db/audit';
import type { Database } from '@pern/db/connect';
import { withSnapshot } from '@pern/db/snapshot';
import { isUnavailable } from '@pern/db/storeErrors';
import type { Log } from '@pern/delivery/ports';
import type { QueueMarker } from '@pern/redis/queueMarker';
import { type Finding, findingsIn, keyOf } from './rules';
import type { Metrics } from '../metrics';
import { createReported } from './reportedFindings';
import { shownUnread } from './shownUnread';
import { createStaleMarks } from './staleMarks';

export interface AuditDeps {
  db: Database;
  marker: Pick<QueueMarker, 'takeTurn'>;
  metrics: Pick<Metrics, 'audited' | 'auditFound'>;
  log: Log;
  /** The auditor's interval: one worker looks in each. */
  intervalMs: number;
  /** Between the two looks at what is suspicious: acknowledgements settle within it. */
  pause(): Promise<void>;
  /** How a user's unread count is shown, for the conversation that is looked at. */
  unread?: typeof shownUnread;
  stopping?: AbortSignal;
}

/** Conversations at a time. */
const SAMPLE = 50;
/** What PostgreSQL may take for one statement; a conversation that needs longer is left out. */
const STATEMENT_MS = 2_000;

/**
 * Recounts a sample of conversations from their rows and says what is not as promised. It repairs
 * nothing: what it finds is a bug, or somebody's hand in the tables. What looks wrong is looked at once
 * more after a pause, and what stands then is logged and counted, once for as long as it stands.
 * The returned function throws when PostgreSQL or Redis does not answer.
 */
export function createAudit(deps: AuditDeps): () => Promise<void> {
  const { db, log, metrics } = deps;
  const reported = createReported();
  const staleMarks = createStaleMarks();
  const unread = deps.unread ?? shownUnread;

  /** Null for what cannot be judged: it is gone, or too large to be read in time. */
  async function look(id: string): Promise<Finding[] | null> {
    try {
      return await withSnapshot(db, STATEMENT_MS, async (snapshot) => {
        const facts = await readConversationFacts(snapshot, id);
        return facts && findingsIn(facts, await unread(db, snapshot, facts));
      });
    } catch (error) {
      if (!isStatementTimeout(error)) throw error;
      log.warn({ conversationId: id }, 'a conversation took too long to audit and was left out');
      return null;
    }
  }

  async function lookAt(ids: Iterable<string>): Promise<Map<string, Finding[]>> {
    const looked = new Map<string, Finding[]>();
    // The sample may be slow, the worker has other things to do: half of its turn is the end of it.
    const end = performance.now() + deps.intervalMs / 2;
    for (const id of ids) {
      if (deps.stopping?.aborted || performance.now() > end) break;
      const findings = await look(id);
      if (findings) looked.set(id, findings);
    }
    return looked;
  }

  return async () => {
    // A little less than the interval, or two workers would miss each other's turns.
    if (!(await deps.marker.takeTurn('audit', deps.intervalMs * 0.8))) return;
    const sample = await withSnapshot(db, STATEMENT_MS, (snapshot) =>
      sampleConversations(snapshot, SAMPLE),
    );
    const first = await lookAt(new Set([...sample, ...staleMarks.conversations()]));
    const suspicious = [...first].filter(([, findings]) => findings.length > 0);
    let standing: Finding[] = [];
    if (suspicious.length > 0) {
      await deps.pause();
      const second = await lookAt(suspicious.map(([id]) => id));
      const before = new Set(suspicious.flatMap(([, findings]) => findings.map(keyOf)));
      standing = [...second.values()].flat().filter((finding) => before.has(keyOf(finding)));
    }
    if (deps.stopping?.aborted) return;
    const proven = staleMarks.prove(first.keys(), standing);
    for (const finding of reported.fresh(first.keys(), proven)) {
      metrics.auditFound(finding.kind);
      log.error({ ...finding }, 'the auditor found what must not be');
    }
    metrics.audited(first.size);
  };
}

function isStatementTimeout(error: unknown): boolean {
  return (
    isUnavailable(error) && error instanceof Error && error.message.includes('statement timeout')
  );
}
