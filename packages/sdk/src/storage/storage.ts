/** Sets the value of a key; without a value, deletes the key. Values are JSON. */
export interface Change {
  readonly key: string;
  readonly value?: unknown;
}

/**
 * Persistent storage of a client: outbox, session and snapshots of the state. Deliberately small, so that other
 * implementations are easy to write. All functions reject with StorageError when the storage cannot be used.
 */
export interface Storage {
  get(key: string): Promise<unknown>;
  /** Returns all values whose key starts with `prefix`, in key order. */
  list(prefix: string): Promise<{ key: string; value: unknown }[]>;
  /**
   * Applies all changes or none, even if the process dies meanwhile. Resolves once they survive a crash of the process.
   * Concurrent writes are applied in call order.
   */
  write(changes: readonly Change[]): Promise<void>;
  /** Waits for pending writes, then closes. A second call does nothing. */
  close(): Promise<void>;
}
