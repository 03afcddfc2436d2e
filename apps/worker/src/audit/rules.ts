import type { ConversationFacts, EntryFacts, MemberFacts } from '@pern/db/audit';

/** What is wrong, by the promise that it breaks; see `findingsIn` for each. */
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

/** One thing that is not as it must be. Ids and numbers only. */
export interface Finding {
  kind: FindingKind;
  conversationId: string;
  /** Null when it concerns the conversation as a whole. */
  userId: string | null;
  figures: Readonly<Record<string, number | boolean | string | null>>;
}

/** Ids and kind: the figures may move on between two looks. */
export function keyOf({ kind, conversationId, userId }: Finding): string {
  return `${conversationId} ${kind} ${userId ?? ''}`;
}

/** An unread count as a user is shown it, and by which query. */
export interface ShownUnread {
  userId: string;
  door: 'event' | 'list';
  count: number;
}

/** Everything that is wrong in one conversation at one moment; at most one finding of a kind per member. */
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

/** D3: 1, 2, 3, … up to last_seq and not beyond. */
function inSequence({ id, lastSeq, highestSeq, stretch, runs }: ConversationFacts): Finding[] {
  const expected = Math.max(0, stretch.to - stretch.from + 1);
  const gaps = runs.some((run) =>
    run.some(({ seq }, i) => i > 0 && seq !== (run[i - 1]?.seq ?? 0) + 1),
  );
  if (highestSeq === lastSeq && stretch.count === expected && !gaps) return [];
  return [finding('sequence', id, null, { lastSeq, highestSeq, ...stretch, gaps })];
}

/** Versions rise with the seq as long as an entry is as it was sent, and the conversation's is the highest (R1). */
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

/** D2: a sender's client message id once. */
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

  // D6: read implies delivered, an acknowledgement too, and nobody is ahead of the conversation.
  const before = joinedSeq - 1;
  if (
    joinedSeq < 1 ||
    deliveredSeq > lastSeq ||
    Math.max(readSeq, ackedSeq) > deliveredSeq ||
    Math.min(readSeq, ackedSeq) < before
  ) {
    findings.push(found('watermark', { joinedSeq, deliveredSeq, readSeq, ackedSeq, lastSeq }));
  }
  // D4: no device is ahead of the furthest. (That one may have been forgotten with its cursor.)
  if (furthestCursor !== null && furthestCursor > ackedSeq) {
    findings.push(found('cursor', { furthestCursor, ackedSeq }));
  }
  // R6, and with it D5: who has something waiting is marked, and whoever is marked has a delivery.
  const { pending, unacknowledged, attempts, purgedSeq } = member;
  if (member.unacknowledgedSincePurge && !pending) {
    findings.push(found('mark_missing', { ackedSeq, purgedSeq, lastSeq }));
  }
  if (pending && attempts === null) findings.push(found('delivery_missing', { ackedSeq, lastSeq }));
  else if (pending && !unacknowledged) findings.push(found('mark_stale', { ackedSeq, attempts }));
  // R5: lists are ordered by this.
  if (!member.open && member.activityAt !== updatedAt) {
    findings.push(found('resting', { activityAt: member.activityAt, updatedAt }));
  }
  return findings;
}

/** D8, where everything that can be unread was read: counted once more from the entries. */
function inUnreadCounts({ id, runs, members }: ConversationFacts, shown: ShownUnread[]): Finding[] {
  const newest = runs.at(-1) ?? [];
  const byUser = new Map(members.map((member) => [member.userId, member]));
  const wrong = new Map<string, Finding>();
  for (const { userId, door, count } of shown) {
    const member = byUser.get(userId);
    if (member === undefined || !covers(newest, member)) continue;
    const counted = newest.filter(
      ({ seq, isMessage, isDeleted, senderId }) =>
        seq > member.readSeq && isMessage && !isDeleted && senderId !== userId,
    ).length;
    if (counted === count || wrong.has(userId)) continue;
    wrong.set(userId, finding('unread', id, userId, { door, shown: count, counted }));
  }
  return [...wrong.values()];
}

/** Whether these entries begin no later than right after the member's read position. */
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
