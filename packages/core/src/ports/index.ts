/**
 * What the core needs from outside. Nothing here depends on Express, Socket.IO, Redis or the environment; the apps
 * pass adapters in.
 */
export type {
  Bus,
  Entry,
  NewEntries,
  Notification,
  TopicEvent,
  TopicNotification,
  TypingNotification,
} from './bus';
export type { CloseReason, Transport, TransportCapabilities } from './transport';

/** The alarm clock: wakes recipients who have something waiting. */
export interface Wakeups {
  /** Enqueues one job per user that has none. Never throws, never waits for Redis longer than its own time-out. */
  enqueueAfterCommit(userIds: string[]): void;
}

/** Counters of the delivery path; the app maps them to Prometheus. */
export interface Gauges {
  sendBatch(messages: number): void;
  delivered(count: number, latencyMs: number | null): void;
  gapRead(entries: number): void;
}
