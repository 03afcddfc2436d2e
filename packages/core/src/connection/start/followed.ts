/** Which conversations a connection delivers: all of its user's, or only those it has named. */
export interface Followed {
  has(conversationId: string): boolean;
  /** Adds a name. Names count only while not all are followed. */
  add(conversationId: string): void;
  remove(conversationId: string): void;
  setAll(all: boolean): void;
}

export type Follows = 'all' | readonly string[];

export function createFollowed(follows: Follows): Followed {
  let all = follows === 'all';
  const named = new Set(all ? [] : follows);
  return {
    has: (conversationId) => all || named.has(conversationId),
    add: (conversationId) => void named.add(conversationId),
    remove: (conversationId) => void named.delete(conversationId),
    setAll(value) {
      all = value;
    },
  };
}
