import {
  canonicalEmoji,
  ForbiddenError,
  type Message,
  REACTION_KINDS_MAX,
  REACTIONS_PER_USER_MAX,
  ValidationError,
} from '@chasqui/protocol';
import { barredError } from '../../blocks/barred';
import { mergeReactions, type StoredReaction } from './storedReactions';
import type { ChangeDeps } from '../../conversations/changeDeps';
import { changeMessage, type MessageChange } from '../changeMessage';
import type { MessageSubject } from '../messageSubject';

/**
 * Adds the user's reaction, one emoji in canonical form. A repeat changes nothing and is reported as `repeated`. The
 * limits are checked under the conversation's lock, so concurrent requests cannot exceed them; above them it throws
 * ValidationError.
 */
export async function addReaction(
  deps: ChangeDeps,
  userId: string,
  messageId: string,
  emoji: string,
): Promise<{ message: Message; repeated: boolean }> {
  const { message, changed } = await changeMessage(deps, userId, messageId, (subject) => {
    checkReactable(subject);
    const reactions = mergeReactions(subject.reactions ?? []);
    const existing = reactions.find((reaction) => reaction.emoji === emoji);
    if (existing?.user_ids.includes(userId) === true) return undefined;
    checkLimits(reactions, userId, existing === undefined);
    return react(
      existing === undefined
        ? [...reactions, { emoji, user_ids: [userId] }]
        : reactions.map((reaction) =>
            reaction === existing ? { emoji, user_ids: [...existing.user_ids, userId] } : reaction,
          ),
    );
  });
  return { message, repeated: !changed };
}

/** Removes the user's reaction in any spelling of the emoji. Without one nothing changes, so a repeat is no error. */
export async function removeReaction(
  deps: ChangeDeps,
  userId: string,
  messageId: string,
  emoji: string,
): Promise<void> {
  const canonical = canonicalEmoji(emoji);
  await changeMessage(deps, userId, messageId, (subject) => {
    const reactions = mergeReactions(subject.reactions ?? []);
    const mine = reactions.find((one) => one.emoji === canonical && one.user_ids.includes(userId));
    if (mine === undefined) return undefined;
    return react(
      reactions
        .map((one) =>
          one === mine
            ? { emoji: canonical, user_ids: one.user_ids.filter((id) => id !== userId) }
            : one,
        )
        .filter((one) => one.user_ids.length > 0),
    );
  });
}

function checkReactable(subject: MessageSubject): void {
  if (subject.kind !== 'message')
    throw new ForbiddenError('an event of the conversation takes no reactions');
  if (subject.barred !== null) throw barredError(subject.barred);
  if (subject.deleted) throw new ValidationError('a deleted message takes no reactions');
}

function checkLimits(reactions: StoredReaction[], userId: string, isNewKind: boolean): void {
  if (isNewKind && reactions.length >= REACTION_KINDS_MAX) {
    throw limitError(`a message has at most ${REACTION_KINDS_MAX} different reactions`);
  }
  const own = reactions.filter((reaction) => reaction.user_ids.includes(userId)).length;
  if (own >= REACTIONS_PER_USER_MAX) {
    throw limitError(`a message has at most ${REACTIONS_PER_USER_MAX} reactions of one user`);
  }
}

function limitError(message: string): ValidationError {
  return new ValidationError(`emoji: ${message}`, [{ path: 'emoji', message }]);
}

function react(reactions: StoredReaction[]): MessageChange {
  return { type: 'react', reactions };
}
