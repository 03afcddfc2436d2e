import { canonicalEmoji, type Reaction, REACTION_USERS_MAX } from '@chasqui/protocol';

/** A reaction as stored, with every user who reacted. */
export interface StoredReaction {
  emoji: string;
  user_ids: string[];
}

/**
 * Merges reactions by canonical emoji, because rows of earlier releases may hold one emoji in two spellings. Emojis
 * and users keep the order of their first occurrence.
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

/** Reactions as clients see them: at most the first 100 users, and a count if there are more. */
export function presentReactions(stored: readonly StoredReaction[]): Reaction[] {
  return mergeReactions(stored).map(({ emoji, user_ids }) =>
    user_ids.length <= REACTION_USERS_MAX
      ? { emoji, user_ids }
      : { emoji, user_ids: user_ids.slice(0, REACTION_USERS_MAX), count: user_ids.length },
  );
}
