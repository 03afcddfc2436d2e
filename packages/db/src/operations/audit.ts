import type { Querier } from '../statements/statement';
import {
  conversationBlocks,
  conversationCounters,
  conversationSample,
  entriesInRange,
  type EntryFacts,
  entryRun,
  firstMembers,
  type MemberFacts,
  randomMembers,
} from '../statements/audit';

export type { EntryFacts, MemberFacts } from '../statements/audit';

/**
 * The auditor's reading of a conversation: numbers and ids, never content. The cost is bounded however
 * long the history and however large the group: beyond the limits below, each audit reads one random section.
 */
export interface ConversationFacts {
  id: string;
  lastSeq: number;
  version: number;
  participantCount: number;
  /** Milliseconds since 1970. */
  updatedAt: number;
  /** Number of rows in participants. */
  memberRows: number;
  /** The highest seq of any entry; 0 without entries. */
  highestSeq: number;
  /** The highest version of an entry that changed after it was sent; 0 without one. */
  changedVersion: number;
  /** Number of entries from `from` to `to`. */
  stretch: { from: number; to: number; count: number };
  /** Consecutive entries, ascending: a random older run if there is one, then the newest. */
  runs: EntryFacts[][];
  members: MemberFacts[];
}

const STRETCH = 20_000;
const RUN = 500;
const MEMBERS = 500;
// 500 blocks hold about 10,000 conversations.
const BLOCKS = 500;

/**
 * Picks conversations to audit: half are the most recently active, half are random. In a large instance both
 * come from a random part of the table, so no index is needed for this.
 */
export async function sampleConversations(on: Querier, size: number): Promise<string[]> {
  const blocks = (await conversationBlocks.row(on)) ?? 0;
  const percent = Math.min(100, (BLOCKS / Math.max(1, blocks)) * 100);
  return conversationSample.rows(on, percent, Math.ceil(size / 2));
}

/** Returns null when the conversation does not exist. */
export async function readConversationFacts(
  on: Querier,
  id: string,
): Promise<ConversationFacts | null> {
  const counters = await conversationCounters.row(on, id);
  if (counters === undefined) return null;
  const { lastSeq, memberRows } = counters;
  const from = randomStart(lastSeq, STRETCH);
  const to = Math.min(lastSeq, from + STRETCH - 1);
  const count = (await entriesInRange.row(on, id, from, to)) ?? 0;
  const newestFrom = Math.max(1, lastSeq - RUN + 1);
  const runFrom = (seq: number): Promise<EntryFacts[]> => entryRun.rows(on, id, seq, RUN);
  const older = newestFrom > 1 ? [await runFrom(randomStart(newestFrom - 1, RUN))] : [];
  const members = memberRows > MEMBERS ? randomMembers : firstMembers;
  return {
    id,
    ...counters,
    stretch: { from, to, count },
    runs: [...older, await runFrom(newestFrom)],
    members: await members.rows(on, id, MEMBERS),
  };
}

/** The first seq of a random section of `length` entries within 1 … `last`. */
function randomStart(last: number, length: number): number {
  return 1 + Math.floor(Math.random() * Math.max(1, last - length + 1));
}
