/** Something that one tab tells the others. It says only that there is news; what it is, is in the storage. */
export type TabNews = 'outbox' | 'session' | 'reads';

/**
 * Clients of one user that share one storage, such as the tabs of a browser. Each has a connection of its own; one of
 * them leads: it alone sends what is in the outbox and writes down what is known.
 */
export interface Tabs {
  /**
   * Calls `lead` once this client is the one that leads, perhaps at once, perhaps when another has gone. It leads until
   * it closes. Returns what gives it up.
   */
  lead(lead: () => void): () => void;
  /** Runs alone among all tabs: what it does is finished, or has failed, before another begins. */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T>;
  tell(news: TabNews): void;
  /** Told what other tabs tell; returns what ends it. */
  listen(listener: (news: TabNews) => void): () => void;
  close(): void;
}
