import { type Entry, isMessage } from './entry';
import { type ChatState, type TypingUser, withKey, withoutKey } from './chatState';

type Typing = ChatState['typingByConversation'];

/** A user started, continued or stopped typing (D10). */
export function changeTyping(
  typing: Typing,
  event: { conversationId: string; user: TypingUser; isTyping: boolean },
): Typing {
  const { conversationId, user, isTyping } = event;
  const others = (typing[conversationId] ?? []).filter(({ user_id }) => user_id !== user.user_id);
  return keep(typing, conversationId, isTyping ? [...others, user] : others);
}

/** Ends typing of the senders of these entries. */
export function stopTyping(typing: Typing, entries: readonly Entry[]): Typing {
  let after = typing;
  for (const entry of entries) {
    const users = after[entry.conversation_id];
    if (users === undefined || !isMessage(entry)) continue;
    after = keep(
      after,
      entry.conversation_id,
      users.filter(({ user_id }) => user_id !== entry.sender_id),
    );
  }
  return after;
}

/** Removes expired indicators: a user who disconnects sends no stop event. */
export function endTyping(typing: Typing, now: number): Typing {
  let after = typing;
  for (const [id, users] of Object.entries(typing)) {
    after = keep(
      after,
      id,
      users.filter(({ until }) => until > now),
    );
  }
  return after;
}

function keep(typing: Typing, conversationId: string, users: readonly TypingUser[]): Typing {
  const before = typing[conversationId] ?? [];
  if (users.length === before.length && users.every((user, i) => user === before[i])) return typing;
  return users.length === 0
    ? withoutKey(typing, conversationId)
    : withKey(typing, conversationId, users);
}
