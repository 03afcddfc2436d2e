/** Which stored data has changed. Other tabs read the new value from the storage. */
export type TabChange = 'outbox' | 'session' | 'reads';

/**
 * Coordinates clients of one user that share a storage, such as browser tabs. Each has its own connection. One of them
 * leads: only the leader sends the outbox and stores snapshots.
 */
export interface Tabs {
  /**
   * Calls `lead` once this client becomes the leader: immediately, or after the current leader closes. It leads until it
   * closes. Returns a function that gives up waiting or leading.
   */
  lead(lead: () => void): () => void;
  /** Runs `work` while no other tab runs work of the same name. */
  exclusively<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Notifies the other tabs. */
  notify(change: TabChange): void;
  /** Calls `listener` with the notifications of other tabs; returns a function that unsubscribes. */
  listen(listener: (change: TabChange) => void): () => void;
  close(): void;
}
