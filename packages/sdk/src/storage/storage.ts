/** A change of one key; without a value the key goes. Values are JSON. */
export interface Change {
  readonly key: string;
  readonly value?: unknown;
}

/**
 * Where a client keeps what has to survive: the outbox, the session, what it knew. Small on purpose, so that it is
 * quickly written for another place. Rejects with StorageError when it cannot be used.
 */
export interface Storage {
  get(key: string): Promise<unknown>;
  /** Everything whose key begins so, in the order of the keys. */
  list(prefix: string): Promise<{ key: string; value: unknown }[]>;
  /**
   * All of the changes or none, also when the process ends in the middle. Resolves when they survive a crash of the
   * process. Writes happen in the order in which they were asked for.
   */
  write(changes: readonly Change[]): Promise<void>;
  /** Waits for what is being written. A second call does nothing. */
  close(): Promise<void>;
}
