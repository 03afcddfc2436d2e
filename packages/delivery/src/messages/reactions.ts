import { ForbiddenError, ValidationError } from '@pern/protocol/errors';
import type { Message, Reaction } from '@pern/protocol/message';
import { barredError } from '../barred';
import { changeMessage, type ChangeDeps, type Subject } from './changeMessage';

/** Different emojis on one message; the next one is refused. */
const MAX_EMOJIS = 100;

/** Adds the user's reaction; a repeat changes nothing and says so. */
export async function addReaction(
  deps: ChangeDeps,
  userId: string,
  messageId: string,
  emoji: string,
): Promise<{ message: Message; repeated: boolean }> {
  const { message, changed } = await changeMessage(deps, userId, messageId, (subject) => {
    checkReactable(subject);
    const reactions = subject.reactions ?? [];
    const existing = reactions.find((reaction) => reaction.emoji === emoji);
    if (existing?.user_ids.includes(userId) === true) return undefined;
    if (existing === undefined && reactions.length >= MAX_EMOJIS) {
      throw new ValidationError(`emoji: a message has at most ${MAX_EMOJIS} different reactions`);
    }
    return setReactions(
      existing === undefined
        ? [...reactions, { emoji, user_ids: [userId] }]
        : reactions.map((reaction) =>
            reaction === existing ? { emoji, user_ids: [...existing.user_ids, userId] } : reaction,
          ),
    );
  });
  return { message, repeated: !changed };
}

/** Takes the user's reaction back; where there is none nothing changes, so that a repeat is no error. */
export async function removeReaction(
  deps: ChangeDeps,
  userId: string,
  messageId: string,
  emoji: string,
): Promise<void> {
  await changeMessage(deps, userId, messageId, (subject) => {
    const reactions = subject.reactions ?? [];
    const mine = reactions.find((one) => one.emoji === emoji && one.user_ids.includes(userId));
    if (mine === undefined) return undefined;
    return setReactions(
      reactions
        .map((one) =>
          one === mine ? { emoji, user_ids: one.user_ids.filter((id) => id !== userId) } : one,
        )
        .filter((one) => one.user_ids.length > 0),
    );
  });
}

function checkReactable(subject: Subject): void {
  if (subject.kind !== 'message')
    throw new ForbiddenError('an event of the conversation takes no reactions');
  if (subject.barred !== null) throw barredError(subject.barred);
  if (subject.deleted) throw new ValidationError('a deleted message takes no reactions');
}

function setReactions(reactions: Reaction[]): {
  assignments: string;
  replacements: Record<string, unknown>;
} {
  return {
    assignments: 'reactions = :reactions::jsonb',
    replacements: { reactions: JSON.stringify(reactions) },
  };
}
