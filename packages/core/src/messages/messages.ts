import { newId } from '@chasqui/foundation';
import type { Message } from '@chasqui/protocol';
import type { ChangeDeps } from '../conversations/changeDeps';
import type { TrackOutcome } from '../reconcile/outcomeTracker';
import type { Sender } from '../send/sender';
import type { SendRequest, SendResult } from '../send/send';
import { deleteMessage } from './deleteMessage';
import { editMessage } from './editMessage';
import { addReaction, removeReaction } from './reactions/reactions';
import { type HistoryPage, readHistory } from './readMessages';

/**
 * Sending, changing and reading messages. Every method throws NotFoundError if the user is not a participant or
 * joined after the message (D9), and UnavailableError if PostgreSQL does not answer in time.
 */
export interface Messages {
  /**
   * Resolves once the message is committed (D1). Repeating the client message id returns the first message in
   * its current state (D2). Throws ConflictError if the repeat has other content, ForbiddenError if the
   * conversation is barred or not accepted yet, ValidationError if `replyToId` is not in the conversation.
   */
  send(request: SendRequest): Promise<SendResult>;
  /**
   * Replaces the content; repeating the same content changes nothing. Throws ForbiddenError unless the user sent
   * the message or if the conversation is barred, ValidationError if the message was deleted.
   */
  edit(userId: string, messageId: string, contentEncrypted: string): Promise<Message>;
  /**
   * Leaves a tombstone without content or reactions; a second call changes nothing. The sender may delete, and
   * in groups admins and moderators; throws ForbiddenError for all other users.
   */
  delete(userId: string, messageId: string): Promise<void>;
  /**
   * Adds one emoji in canonical form; `repeated` means that the user had already reacted with it. Throws
   * ValidationError above 20 different emojis per message or 10 reactions per user, ForbiddenError if the conversation is barred.
   */
  addReaction(
    userId: string,
    messageId: string,
    emoji: string,
  ): Promise<{ message: Message; repeated: boolean }>;
  /** Removes the user's reaction in any spelling of the emoji; without one nothing changes. */
  removeReaction(userId: string, messageId: string, emoji: string): Promise<void>;
  /** One page of history in ascending seq: after `afterSeq`, or before `beforeSeq` (default: the newest). */
  readHistory(
    userId: string,
    conversationId: string,
    page: HistoryPage,
  ): Promise<{ messages: Message[]; has_more: boolean }>;
}

interface MessagesDeps {
  change: ChangeDeps;
  track: TrackOutcome;
  sender: Sender;
  /** Announces the unread counts of a conversation after a deletion. Never rejects. */
  recountUnread: (conversationId: string) => Promise<void>;
}

export function createMessages({ change, track, sender, recountUnread }: MessagesDeps): Messages {
  async function deleteAndRecount(userId: string, messageId: string): Promise<void> {
    const { conversationId, changed } = await deleteMessage(change, userId, messageId);
    if (changed) await recountUnread(conversationId);
  }

  return {
    send: (request) =>
      new Promise((resolve, reject) => {
        sender.send(newId(), request, {
          origin: null,
          stored: (_conversation, _entry, message) => resolve({ message, repeated: false }),
          repeated: (message) => resolve({ message, repeated: true }),
          failed: reject,
        });
      }),
    edit: (userId, messageId, content) => track(editMessage(change, userId, messageId, content)),
    delete: (userId, messageId) => track(deleteAndRecount(userId, messageId)),
    addReaction: (userId, messageId, emoji) => track(addReaction(change, userId, messageId, emoji)),
    removeReaction: (userId, messageId, emoji) =>
      track(removeReaction(change, userId, messageId, emoji)),
    readHistory: (userId, id, page) => readHistory(change.db, userId, id, page),
  };
}
