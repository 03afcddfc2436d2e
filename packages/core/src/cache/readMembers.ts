import {
  type Database,
  isRefusal,
  nullable,
  number,
  type RawRow,
  statement,
  text,
} from '@chasqui/db';
import { createBatcher } from '@chasqui/foundation';
import { UnavailableError } from '@chasqui/protocol';

/** The members of a conversation as PostgreSQL has them. */
export interface Members {
  membersVersion: number;
  /** First visible seq by user. */
  members: Map<string, number>;
  requestedId: string | null;
}

const requestedId = nullable(text);

/** One row per member. Decoded by hand: a large group has thousands. */
const members = statement(
  'members',
  `SELECT c.id, c.members_version, p.user_id, p.joined_seq, c.requested_id
   FROM conversations c JOIN participants p ON p.conversation_id = c.id WHERE c.id = ANY ($1::uuid[])`,
  (row: RawRow) => ({
    conversationId: text(row[0]),
    membersVersion: number(row[1]),
    userId: text(row[2]),
    joinedSeq: number(row[3]),
    requestedId: requestedId(row[4]),
  }),
);

/** Reads the members of a conversation; the reads of one moment share a query. A deleted conversation has none. */
export function createMembersReader(db: Database): (conversationId: string) => Promise<Members> {
  const batcher = createBatcher<string, Members>({
    maxBatch: 200,
    inFlight: 2,
    overflow: () => new UnavailableError('the store is too slow; try again'),
    isRefusal,
    async answerAll(ids) {
      const found = new Map<string, Members>();
      for (const { conversationId, userId, joinedSeq, ...row } of await members.rows(db, ids)) {
        let entry = found.get(conversationId);
        if (entry === undefined)
          found.set(conversationId, (entry = { ...row, members: new Map() }));
        entry.members.set(userId, joinedSeq);
      }
      return ids.map(
        (id) =>
          found.get(id) ?? { membersVersion: Infinity, members: new Map(), requestedId: null },
      );
    },
  });
  return (conversationId) => batcher.ask(conversationId);
}
