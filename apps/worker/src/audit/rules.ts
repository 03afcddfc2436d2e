import type { ConversationFacts, EntryFacts, MemberFacts } from '@chasqui/db';

/** Kinds of inconsistencies, by the promise that they break; see `findingsIn`. */
export const findingKinds = [
  'sequence',
  'version',
  'duplicate',
  'participant_count',
  'watermark',
  'cursor',
  'unread',
  'mark_missing',
  'mark_stale',
  'delivery_missing',
  'resting',
] as const;
export type FindingKind = (typeof findingKinds)[number];

/** One inconsistency. Holds ids and numbers only. */
export interface Finding {
  kind: FindingKind;
  conversationId: string;
  /** Null when the whole conversation is concerned. */
  userId: string | null;
  figures: Readonly<Record<string, number | boolean | string | null>>;
}

/** Identity of a finding. Figures are left out: they may change between two checks. */
export function keyOf({ kind, conversationId, userId }: Finding): string {
  return `${conversationId} ${kind} ${userId ?? ''}`;
}

/** An unread count that a user sees, and the query that produced it. */
export interface ShownUnread {
  userId: string;
  source: 'event' | 'list';
  count: number;
}

/** All findings of one conversation at one moment, at most one of a kind per member. */
export function findingsIn(facts: ConversationFacts, shown: ShownUnread[]): Finding[] {
  return [
    ...inSequence(facts),
    ...inVersions(facts),
    ...inClientIds(facts),
    ...inParticipantCount(facts),
    ...facts.members.flatMap((member) => inMember(facts, member)),
    ...inUnreadCounts(facts, shown),
  ];
}

/** D3: seqs are 1, 2, 3, … up to last_seq, without gaps. */
function inSequence({ id, lastSeq, highestSeq, stretch, runs }: ConversationFacts): Finding[] {
  const expected = Math.max(0, stretch.to - stretch.from + 1);
  const gaps = runs.some((run) =>
    run.some(({ seq }, i) => i > 0 && seq !== (run[i - 1]?.seq ?? 0) + 1),
  );
  if (highestSeq === lastSeq && stretch.count === expected && !gaps) return [];
  return [finding('sequence', id, null, { lastSeq, highestSeq, ...stretch, gaps })];
}

/** R1: versions of unchanged entries rise with the seq, and no entry's version exceeds the conversation's. */
function inVersions({ id, version, changedVersion, runs }: ConversationFacts): Finding[] {
  for (const run of runs) {
    let before = 0;
    for (const entry of run) {
      const low = entry.version < entry.seq || (!entry.isChanged && entry.version <= before);
      if (low || entry.version > version) {
        return [
          finding('version', id, null, { version, seq: entry.seq, of: entry.version, before }),
        ];
      }
      if (!entry.isChanged) before = entry.version;
    }
  }
  return changedVersion > version
    ? [finding('version', id, null, { version, changedVersion })]
    : [];
}

/** D2: a sender uses each client message id once. */
function inClientIds({ id, runs }: ConversationFacts): Finding[] {
  const seen = new Map<string, number>();
  for (const { seq, senderId, clientMessageId } of runs.flat()) {
    if (clientMessageId === null) continue;
    const key = `${senderId} ${clientMessageId}`;
    const first = seen.get(key);
    if (first !== undefined && first !== seq) {
      return [finding('duplicate', id, senderId, { seq, first })];
    }
    seen.set(key, seq);
  }
  return [];
}

function inParticipantCount({ id, participantCount, memberRows }: ConversationFacts): Finding[] {
  if (participantCount === memberRows) return [];
  return [finding('participant_count', id, null, { participantCount, memberRows })];
}

function inMember(facts: ConversationFacts, member: MemberFacts): Finding[] {
  const { id, lastSeq, updatedAt } = facts;
  const { userId, joinedSeq, deliveredSeq, readSeq, ackedSeq, furthestCursor } = member;
  const found = (kind: FindingKind, figures: Finding['figures']) =>
    finding(kind, id, userId, figures);
  const findings: Finding[] = [];

  // D6: read and acknowledged imply delivered, and no position is beyond the conversation's end.
  const before = joinedSeq - 1;
  if (
    joinedSeq < 1 ||
    deliveredSeq > lastSeq ||
    Math.max(readSeq, ackedSeq) > deliveredSeq ||
    Math.min(readSeq, ackedSeq) < before
  ) {
    findings.push(found('watermark', { joinedSeq, deliveredSeq, readSeq, ackedSeq, lastSeq }));
  }
  // D4: no device is ahead of the most advanced position. (That device may have been deleted with its cursor.)
  if (furthestCursor !== null && furthestCursor > ackedSeq) {
    findings.push(found('cursor', { furthestCursor, ackedSeq }));
  }
  // R6 and D5: a recipient with something waiting is marked, and a marked recipient has a delivery.
  const { pending, unacknowledged, attempts, purgedSeq } = member;
  if (member.unacknowledgedSincePurge && !pending) {
    findings.push(found('mark_missing', { ackedSeq, purgedSeq, lastSeq }));
  }
  if (pending && attempts === null) findings.push(found('delivery_missing', { ackedSeq, lastSeq }));
  else if (pending && !unacknowledged) findings.push(found('mark_stale', { ackedSeq, attempts }));
  // R5: conversation lists are ordered by this.
  if (!member.open && member.activityAt !== updatedAt) {
    findings.push(found('resting', { activityAt: member.activityAt, updatedAt }));
  }
  return findings;
}

/** D8: recounts unread messages from the entries, for members whose unread entries were all read. */
function inUnreadCounts({ id, runs, members }: ConversationFacts, shown: ShownUnread[]): Finding[] {
  const newest = runs.at(-1) ?? [];
  const byUser = new Map(members.map((member) => [member.userId, member]));
  const wrong = new Map<string, Finding>();
  for (const { userId, source, count } of shown) {
    const member = byUser.get(userId);
    if (member === undefined || !covers(newest, member)) continue;
    const counted = newest.filter(
      ({ seq, isMessage, isDeleted, senderId }) =>
        seq > member.readSeq && isMessage && !isDeleted && senderId !== userId,
    ).length;
    if (counted === count || wrong.has(userId)) continue;
    wrong.set(userId, finding('unread', id, userId, { source, shown: count, counted }));
  }
  return [...wrong.values()];
}

/** Whether these entries include everything after the member's read position. */
export function covers(newest: EntryFacts[], { readSeq }: Pick<MemberFacts, 'readSeq'>): boolean {
  return (newest[0]?.seq ?? 1) <= readSeq + 1;
}

function finding(
  kind: FindingKind,
  conversationId: string,
  userId: string | null,
  figures: Finding['figures'],
): Finding {
  return { kind, conversationId, userId, figures };
}
