import type { TopicEvent } from '@chasqui/core/ports';

export type { TopicEvent } from '@chasqui/core/ports';

/** Where the events of one subscription go: a transport implements it. No method may throw. */
export interface TopicSink {
  /** Takes one event. Events come in the order of their seqs. */
  send(event: TopicEvent): void;
  /**
   * History is incomplete: events were pruned before this subscriber got them, or PostgreSQL lost them in a failover.
   * Delivery continues at `firstSeq`.
   */
  lost(firstSeq: number): void;
  /** False while more bytes wait in the connection's buffer than the limit (slow consumer). */
  writable(): boolean;
  /** Calls back once, when the buffer has drained below the limit. */
  whenWritable(callback: () => void): void;
}

/** Counters of one log; the app maps them to Prometheus. */
export interface TopicGauges {
  /** Events that this node committed. */
  published(events: number): void;
  /** Events that were handed to sinks. */
  dispatched(events: number): void;
  /** Time from the commit of an event until this node had it, milliseconds. Clocks of two machines may differ. */
  lag(ms: number): void;
}
