import type { Database } from '@chasqui/db';
import { createBatcher } from '@chasqui/foundation';
import { UnavailableError } from '@chasqui/protocol';
import { type LogRange, logRange, seqsOfIds } from '../statements';

/** What PostgreSQL says about a place in the log. */
export interface Located extends LogRange {
  /** The seq of the event with the id; null when the log has none. */
  seq: number | null;
}

const MAX_BATCH = 500;
/** Subscribers that wait for an answer; a client tries again. */
const MAX_QUEUED = 50_000;

/** Looks up ids for many subscribers at once: after a node has died, its clients return together. */
export function createPositions(db: Database, name: string) {
  const batcher = createBatcher<string | null, Located>({
    ...{ maxBatch: MAX_BATCH, inFlight: 1, maxQueued: MAX_QUEUED },
    overflow: () => new UnavailableError('too many subscribers are starting'),
    async answerAll(ids) {
      // The ids first: what is found before the range is read is in the range, or was pruned.
      const wanted = [...new Set(ids.filter((id) => id !== null))];
      const seqs = wanted.length === 0 ? [] : await seqsOfIds.rows(db, name, wanted);
      const found = new Map(wanted.map((id, i) => [id, seqs[i] ?? null]));
      const range = (await logRange.row(db, name)) ?? { firstSeq: 1, lastSeq: 0 };
      return ids.map((id) => ({ ...range, seq: id === null ? null : (found.get(id) ?? null) }));
    },
  });
  return {
    /** Rejects when PostgreSQL does not answer. */
    locate: (id: string | null): Promise<Located> => batcher.ask(id),
  };
}
