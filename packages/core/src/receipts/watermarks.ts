import { type Database, guarded, isUnavailable } from '@chasqui/db';
import { NotFoundError, ValidationError } from '@chasqui/protocol';
import { createCoalescer } from '../batching/coalesce';

/** One acknowledgement: up to `seq` in a conversation. `deviceNo` is null by REST, which moves no device. */
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
  /** Per author the furthest message that was newly covered, delivered before read. */
  covered: { status: 'delivered' | 'read'; authorId: string; messageId: string; seq: number }[];
}

export interface Watermarks {
  /** Resolves after the commit. Throws NotFoundError to strangers, ValidationError beyond the last seq. */
  acknowledge(acknowledgement: Acknowledgement): Promise<void>;
  idle(): Promise<void>;
}

/** Acknowledgements of one user, device and conversation that travel together. */
interface Merged {
  userId: string;
  conversationId: string;
  deviceNo: number | null;
  delivered: number;
  read: number;
}

const ADVANCE = `SELECT * FROM advance_watermarks($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::integer[])`;
const MAX_BATCH = 1_000;
/** Under load acknowledgements come from many devices every few milliseconds; the first one never waits. */
const SHORTEST_PACE_MS = 5;
/** Nobody sees a tick come later by so much. */
const LONGEST_PACE_MS = 60;
/** Of the time, that statements of acknowledgements may take: sends go first. */
const SHARE = 0.1;

/**
 * Group commit for acknowledgements. Positions only rise, so several of one device are one; `onAdvanced`
 * is told after the commit what moved, and must not throw.
 */
export function createWatermarks(deps: {
  db: Database;
  onAdvanced: (advances: Advance[]) => void;
  /** Told when a batch may have been committed and nobody can say: its receipts are announced by nobody. */
  onUnknown?: () => void;
}): Watermarks {
  async function advanceAll(asked: Acknowledgement[]): Promise<(undefined | Error)[]> {
    const answers = new Map<Acknowledgement, Error | undefined>();
    for (const round of inRounds(asked)) {
      const outcomes = await advance(round.map(({ merged }) => merged));
      for (const [i, { members }] of round.entries()) {
        if (outcomes[i] === 'ahead' && members.length > 1) {
          // Only some of those that were merged may be ahead: each is judged alone.
          for (const one of members)
            answers.set(one, refusal((await advance([merge(undefined, one)]))[0]));
        } else for (const one of members) answers.set(one, refusal(outcomes[i]));
      }
    }
    return asked.map((one) => answers.get(one));
  }

  async function ask(batch: Merged[]): Promise<AdvanceRow[]> {
    try {
      const rows = await deps.db.query('advance_watermarks', ADVANCE, [
        batch.map(({ userId }) => userId),
        batch.map(({ conversationId }) => conversationId),
        batch.map(({ delivered }) => delivered),
        batch.map(({ read }) => read),
        batch.map(({ deviceNo }) => deviceNo),
      ]);
      return rows as AdvanceRow[];
    } catch (error) {
      if (isUnavailable(error)) deps.onUnknown?.();
      throw error;
    }
  }

  async function advance(batch: Merged[]): Promise<AdvanceRow[1][]> {
    const rows = await ask(batch);
    const outcomes = new Array<AdvanceRow[1]>(batch.length);
    const advances: (Advance | undefined)[] = [];
    for (const row of rows) {
      const [
        ord,
        outcome,
        ,
        ,
        readBefore,
        readAfter,
        participantCount,
        at,
        authorId,
        messageId,
        seq,
      ] = row;
      const merged = batch[ord - 1] as Merged;
      if (outcome === 'delivered' || outcome === 'read') {
        advances[ord - 1]?.covered.push({ status: outcome, authorId, messageId, seq });
        continue;
      }
      outcomes[ord - 1] = outcome;
      if (outcome !== 'ok') continue;
      advances[ord - 1] = {
        userId: merged.userId,
        deviceNo: merged.deviceNo,
        conversationId: merged.conversationId,
        at,
        participantCount,
        readSeq: readAfter,
        readMoved: readAfter > readBefore,
        covered: [],
      };
    }
    deps.onAdvanced(advances.filter((one) => one !== undefined));
    return outcomes;
  }

  const coalescer = createCoalescer<Acknowledgement, undefined>({
    maxBatch: MAX_BATCH,
    inFlight: 1,
    paceMs: (lastTookMs) =>
      Math.min(LONGEST_PACE_MS, Math.max(SHORTEST_PACE_MS, lastTookMs / SHARE)),
    answerAll: advanceAll,
  });
  return {
    acknowledge: (one) => guarded(() => coalescer.ask(one)),
    idle: () => coalescer.idle(),
  };
}

type AdvanceRow = [
  ord: number,
  outcome: 'ok' | 'not_found' | 'ahead' | 'delivered' | 'read',
  deliveredBefore: number,
  deliveredAfter: number,
  readBefore: number,
  readAfter: number,
  participantCount: number,
  at: number,
  authorId: string,
  messageId: string,
  seq: number,
];

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

/** A row can be written once per statement, so a second device of the same user goes into a further round. */
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

function refusal(outcome: AdvanceRow[1] | undefined): Error | undefined {
  if (outcome === 'not_found') return new NotFoundError();
  if (outcome !== 'ahead') return undefined;
  const message = 'must not be beyond the last entry of the conversation';
  return new ValidationError(`seq: ${message}`, [{ path: 'seq', message }]);
}
