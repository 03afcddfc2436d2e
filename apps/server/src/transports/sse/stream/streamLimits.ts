/** How long a stream stays open, and how much it sends before its client has to prove what it has received. */
export interface StreamLimits {
  /** Entries after which the stream is rotated: below the send window (R4). */
  readonly entriesMax: number;
  /** Milliseconds after the first unacknowledged entry. */
  readonly unacknowledgedMs: number;
  /** Milliseconds after opening; up to `jitter` of it is added, so that streams do not all return together. */
  readonly lifetimeMs: number;
  readonly jitter: number;
  /** Milliseconds after which a client returns. */
  readonly retryMs: number;
}

export const streamLimits: StreamLimits = {
  entriesMax: 900,
  unacknowledgedMs: 300_000,
  lifetimeMs: 600_000,
  jitter: 0.2,
  retryMs: 200,
};
