import { type Database, guarded, isRefusal, isUnavailable } from '@chasqui/db';
import { createBatcher } from '@chasqui/foundation';
import { NotFoundError, UnavailableError, ValidationError } from '@chasqui/protocol';
import { type AdvanceRow, advanceWatermarks } from './statements';

/** Acknowledges everything up to `seq` in a conversation. `deviceNo` is null for REST, which moves no device. */
export interface Acknowledgement {
  userId: string;
  deviceNo: number | null;
  conversationId: string;
  seq: number;
  status: 'delivered' | 'read';
}

/** What a committed acknowledgement moved. */
export interface Advance {
  userId: string;
  deviceNo: number | null;
  conversationId: string;
  at: number;
  participantCount: number;
  readSeq: number;
  readMoved: boolean;
  /** For each author the newest message that is newly covered, delivered before read. */
  covered: { status: 'delivered' | 'read'; authorId: string; messageId: string; seq: number }[];
}

export interface Watermarks {
  /**
   * Resolves after the commit. Throws NotFoundError unless the user is a participant, ValidationError beyond the last
   * seq.
   */
  acknowledge(acknowledgement: Acknowledgement): Promise<void>;
  idle(): Promise<void>;
}

/** Acknowledgements of one user, device and conversation, merged into one. */
interface Merged {
  userId: string;
  conversationId: string;
  deviceNo: number | null;
  delivered: number;
  read: number;
}

const MAX_BATCH = 1_000;
/** Least time between batches under load; the first acknowledgement never waits. */
const SHORTEST_PACE_MS = 5;
/** Longest time between batches: a delay that nobody notices in a receipt. */
const LONGEST_PACE_MS = 60;
/** Share of the time that acknowledgement statements may take, so that sends have priority. */
const SHARE = 0.1;

/** Group commit for acknowledgements. Positions only rise, so several of one device are merged into one. */
export function createWatermarks(deps: {
  db: Database;
  /** Called after the commit with what moved. Must not throw. */
  onAdvanced: (advances: Advance[]) => void;
  /** Called when a batch may have been committed without its receipts being announced. */
  onUnknown?: () => void;
}): Watermarks {
  async function advanceAll(asked: Acknowledgement[]): Promise<(undefined | Error)[]> {
    const answers = new Map<Acknowledgement, Error | undefined>();
    for (const round of inRounds(asked)) {
      const outcomes = await advance(round.map(({ merged }) => merged));
      for (const [i, { members }] of round.entries()) {
        if (outcomes[i] === 'ahead' && members.length > 1) {
          // Perhaps only some of the merged acknowledgements are ahead, so each is tried alone.
          for (const one of members)
            answers.set(one, refusal((await advance([merge(undefined, one)]))[0]));
        } else for (const one of members) answers.set(one, refusal(outcomes[i]));
      }
    }
    return asked.map((one) => answers.get(one));
  }

  async function run(batch: Merged[]): Promise<AdvanceRow[]> {
    try {
      return await advanceWatermarks.rows(
        deps.db,
        batch.map(({ userId }) => userId),
        batch.map(({ conversationId }) => conversationId),
        batch.map(({ delivered }) => delivered),
        batch.map(({ read }) => read),
        batch.map(({ deviceNo }) => deviceNo),
      );
    } catch (error) {
      if (isUnavailable(error)) deps.onUnknown?.();
      throw error;
    }
  }

  async function advance(batch: Merged[]): Promise<Outcome[]> {
    const outcomes = new Array<Outcome>(batch.length);
    const advances: (Advance | undefined)[] = [];
    for (const row of await run(batch)) {
      const index = row.place - 1;
      if (row.outcome === 'delivered' || row.outcome === 'read') {
        const { outcome: status, authorId, messageId, seq } = row;
        advances[index]?.covered.push({ status, authorId, messageId, seq });
        continue;
      }
      outcomes[index] = row.outcome;
      const merged = batch[index];
      if (row.outcome !== 'ok' || merged === undefined) continue;
      advances[index] = {
        userId: merged.userId,
        deviceNo: merged.deviceNo,
        conversationId: merged.conversationId,
        at: row.at,
        participantCount: row.participantCount,
        readSeq: row.readAfter,
        readMoved: row.readAfter > row.readBefore,
        covered: [],
      };
    }
    deps.onAdvanced(advances.filter((one) => one !== undefined));
    return outcomes;
  }

  const batcher = createBatcher<Acknowledgement, undefined>({
    maxBatch: MAX_BATCH,
    inFlight: 1,
    paceMs: (lastTookMs) =>
      Math.min(LONGEST_PACE_MS, Math.max(SHORTEST_PACE_MS, lastTookMs / SHARE)),
    overflow: () => new UnavailableError('the store is too slow; try again'),
    isRefusal,
    answerAll: advanceAll,
  });
  return {
    acknowledge: (one) => guarded(() => batcher.ask(one)),
    idle: () => batcher.idle(),
  };
}

type Outcome = 'ok' | 'not_found' | 'ahead' | undefined;

function merge(into: Merged | undefined, one: Acknowledgement): Merged {
  const read = one.status === 'read' ? one.seq : 0;
  return {
    userId: one.userId,
    conversationId: one.conversationId,
    deviceNo: one.deviceNo,
    delivered: Math.max(into?.delivered ?? 0, one.seq),
    read: Math.max(into?.read ?? 0, read),
  };
}

interface Entry {
  merged: Merged;
  members: Acknowledgement[];
}

/** A statement can update a row only once, so a second device of the same user goes into another round. */
function inRounds(asked: Acknowledgement[]): Entry[][] {
  const rounds: Map<string, Entry>[] = [];
  for (const one of asked) {
    const key = `${one.userId} ${one.conversationId}`;
    const round = rounds.find((candidate) => {
      const entry = candidate.get(key);
      return entry === undefined || entry.merged.deviceNo === one.deviceNo;
    });
    const entry = round?.get(key);
    if (entry !== undefined) {
      entry.merged = merge(entry.merged, one);
      entry.members.push(one);
      continue;
    }
    const home = round ?? new Map<string, Entry>();
    if (round === undefined) rounds.push(home);
    home.set(key, { merged: merge(undefined, one), members: [one] });
  }
  return rounds.map((round) => [...round.values()]);
}

function refusal(outcome: Outcome): Error | undefined {
  if (outcome === 'not_found') return new NotFoundError();
  if (outcome !== 'ahead') return undefined;
  const message = 'must not be beyond the last entry of the conversation';
  return new ValidationError(`seq: ${message}`, [{ path: 'seq', message }]);
}
