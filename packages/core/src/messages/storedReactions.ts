import { canonicalEmoji, type Reaction, REACTION_USERS_MAX } from '@chasqui/protocol';

/** A reaction as its row keeps it: with everybody who reacted. */
export interface StoredReaction {
  emoji: string;
  user_ids: string[];
}

/**
 * Reactions under their canonical emoji. Rows of earlier releases may hold one emoji in two spellings, each with its
 * users: they become one, in the order in which each emoji and each user came first.
 */
export function mergeReactions(reactions: readonly StoredReaction[]): StoredReaction[] {
  const usersByEmoji = new Map<string, string[]>();
  for (const { emoji, user_ids } of reactions) {
    const canonical = canonicalEmoji(emoji);
    const known = usersByEmoji.get(canonical);
    usersByEmoji.set(
      canonical,
      known === undefined ? user_ids : [...new Set([...known, ...user_ids])],
    );
  }
  return [...usersByEmoji].map(([emoji, user_ids]) => ({ emoji, user_ids }));
}

/** Reactions as a message shows them: of more than 100 users the first 100 and a count. */
export function presentReactions(stored: readonly StoredReaction[]): Reaction[] {
  return mergeReactions(stored).map(({ emoji, user_ids }) =>
    user_ids.length <= REACTION_USERS_MAX
      ? { emoji, user_ids }
      : { emoji, user_ids: user_ids.slice(0, REACTION_USERS_MAX), count: user_ids.length },
  );
}
