import {
  column,
  command,
  type Database,
  guarded,
  inTransaction,
  number,
  type Querier,
  statement,
  withTransaction,
} from '@chasqui/db';
import { type Conversation, NotFoundError } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import { isBlockedBetween } from '../blocks/isBlockedBetween';
import type { ChangeDeps } from '../conversations/changeDeps';
import {
  announceGroupUpdate,
  readGroupUpdate,
  type GroupUpdate,
} from '../conversations/group/groupUpdate';
import { conversationCreated } from '../events/conversationEvents';
import { insertParticipants } from '../members/rows/insertParticipants';
import { readConversations } from '../conversations/read/readConversations';
import { lockConversation, openResting } from '../conversations/lockConversation';
import { announceRequests } from './requests/announceRequests';

/** Returns the time of the acceptance, milliseconds since 1970; no row if the user has no open request. */
const acceptDirect = statement(
  'accept_direct',
  `UPDATE conversations c SET requested_id = NULL, participant_count = 2,
     members_version = members_version + 1, version = version + 1,
     barred = CASE WHEN barred IS NULL AND ${isBlockedBetween('c.created_by', '$2::uuid')}
       THEN 'blocked' ELSE barred END
   WHERE id = $1::uuid AND requested_id = $2::uuid AND barred IS DISTINCT FROM 'deleted'
   RETURNING (extract(epoch FROM clock_timestamp()) * 1000)::float8`,
  column(number),
);

const acceptRequestTo = command(
  'accept_request_to',
  `UPDATE requests SET state = 'accepted', settled_at = now()
   WHERE conversation_id = $1::uuid AND to_id = $2::uuid`,
);

const setPending = command(
  'set_pending',
  `UPDATE participants p SET pending = true WHERE p.conversation_id = $1::uuid AND p.user_id = $2::uuid
     AND EXISTS (SELECT FROM messages m WHERE m.conversation_id = p.conversation_id AND m.kind = 'message'
       AND m.sender_id <> p.user_id)`,
);

const insertDelivery = command(
  'insert_delivery',
  `INSERT INTO deliveries AS d (user_id, next_at)
   SELECT p.user_id, clock_timestamp() + interval '2 seconds' FROM participants p
   WHERE p.conversation_id = $1::uuid AND p.user_id = $2::uuid AND p.pending
   ON CONFLICT (user_id) DO UPDATE SET updated_at = clock_timestamp()`,
);

/**
 * Accepts a direct conversation that another user started. After the commit it is a normal conversation: its messages
 * are unread and delivered like any backlog (D4, D8), and receipts begin (D6). This waits for the conversation's row, so
 * every send is ordered before or after it. A second call, or a call without an open request, returns the current
 * conversation. Throws NotFoundError if the request was not sent to the user.
 */
export async function acceptContact(
  deps: ChangeDeps,
  userId: string,
  conversationId: string,
): Promise<Conversation> {
  const { db, announce } = deps;
  return guarded(async () => {
    const { conversation, update } = await withTransaction(db, async (transaction) => {
      const accepted = await accept(db, transaction, userId, conversationId);
      const [mine] = await readConversations(db, userId, [conversationId], {
        ...{ preview: false, transaction },
      });
      return { conversation: mine, update: accepted };
    });
    if (conversation === undefined) throw new NotFoundError();
    if (update === undefined) return conversation;
    announce.joined(update.group.membersVersion, conversationCreated([userId], conversation));
    announceGroupUpdate(announce, update, []);
    announce.recheck([userId]);
    deps.wake?.([userId]);
    deps.onAccepted?.(userId, conversation.created_by);
    announceRequests(announce, [userId], conversationId);
    return conversation;
  });
}

async function accept(
  db: Database,
  transaction: Transaction,
  userId: string,
  conversationId: string,
): Promise<GroupUpdate | undefined> {
  const locked = await lockConversation(transaction, conversationId);
  if (locked === undefined) return undefined;
  const on = inTransaction(transaction);
  const at = await acceptDirect.row(on, conversationId, userId);
  if (at === undefined) return undefined;
  await openResting(transaction, locked);
  await insertParticipants(
    db,
    transaction,
    // Version 0 and the first seq: a sync returns everything, as for a new conversation (R5).
    { conversationId, joinedSeq: 1, fromVersion: 0, at },
    [{ userId, role: 'member' }],
  );
  if (locked.lastSeq > 0) await markPending(on, userId, conversationId);
  await acceptRequestTo.run(on, conversationId, userId);
  return readGroupUpdate(db, transaction, {
    ...locked,
    version: locked.version + 1,
    membersVersion: locked.membersVersion + 1,
    participantCount: 2,
  });
}

/** Marks the messages as pending for the user and inserts the delivery row, as a send would have done (R6). */
async function markPending(on: Querier, userId: string, conversationId: string): Promise<void> {
  await setPending.run(on, conversationId, userId);
  await insertDelivery.run(on, conversationId, userId);
}
