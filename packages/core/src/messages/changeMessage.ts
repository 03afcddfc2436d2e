import { type Database, guarded, inTransaction, withTransaction } from '@chasqui/db';
import { type Message, NotFoundError } from '@chasqui/protocol';
import type { Transaction } from 'sequelize';
import type { ChangeDeps } from '../conversations/changeDeps';
import { messageUpdated } from '../events/messageEvents';
import {
  lockConversation,
  openResting,
  type LockedConversation,
} from '../conversations/lockConversation';
import type { StoredReaction } from './reactions/storedReactions';
import type { MessageSubject } from './messageSubject';
import { readChanged } from './readMessages';
import { messageSubject, raiseVersion, setContent, setDeleted, setReactions } from './statements';

/** What to do with the message. */
export type MessageChange =
  | { type: 'edit'; content: string }
  | { type: 'delete' }
  | { type: 'react'; reactions: StoredReaction[] };

/**
 * Changes one message under its conversation's lock: the version rises, resting participant rows are opened so that a
 * sync finds the change (D7), and the members are notified after the commit. `decide` receives the message as it is
 * under the lock and returns the change, or undefined to change nothing; its errors are rethrown. Throws NotFoundError
 * if the user may not see the message.
 */
export async function changeMessage(
  { db, announce }: ChangeDeps,
  userId: string,
  messageId: string,
  decide: (subject: MessageSubject) => MessageChange | undefined,
): Promise<{ message: Message; changed: boolean; subject: MessageSubject }> {
  return guarded(async () => {
    const { message, subject, membersVersion } = await withTransaction(db, async (transaction) => {
      const seen = await readSubject(transaction, userId, messageId);
      if (seen === undefined) throw new NotFoundError();
      const locked = await lockConversation(transaction, seen.conversationId);
      const subject = await readSubject(transaction, userId, messageId);
      if (locked === undefined || subject === undefined) throw new NotFoundError();
      const change = decide(subject);
      if (change !== undefined) await apply(db, transaction, locked, subject, change);
      return {
        // Read before the commit, because a failure after it would leave a change that nobody announces.
        message: await readChanged(transaction, subject),
        subject,
        membersVersion: change === undefined ? undefined : locked.membersVersion,
      };
    });
    if (membersVersion !== undefined) announce.toMembers(membersVersion, messageUpdated(message));
    return { message, changed: membersVersion !== undefined, subject };
  });
}

async function apply(
  db: Database,
  transaction: Transaction,
  locked: LockedConversation,
  { conversationId, seq }: MessageSubject,
  change: MessageChange,
): Promise<void> {
  await openResting(transaction, locked);
  const on = inTransaction(transaction);
  const target = [conversationId, seq, locked.version + 1] as const;
  switch (change.type) {
    case 'edit':
      await setContent.run(on, ...target, change.content);
      break;
    case 'delete':
      await setDeleted.run(on, ...target);
      break;
    case 'react':
      await setReactions.run(on, ...target, JSON.stringify(change.reactions));
      break;
    default:
      change satisfies never;
  }
  await raiseVersion.run(on, conversationId);
}

function readSubject(
  transaction: Transaction,
  userId: string,
  messageId: string,
): Promise<MessageSubject | undefined> {
  return messageSubject.row(inTransaction(transaction), userId, messageId);
}
