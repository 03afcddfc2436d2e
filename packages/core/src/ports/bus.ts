import type { ServerEvent } from '@chasqui/protocol';

/** An entry of a conversation's log on its way to the members. Immutable. */
export interface Entry {
  readonly id: string;
  readonly conversationId: string;
  readonly seq: number;
  readonly senderId: string;
  /** Counts against the send window and toward wake-ups: entries of kind `message`. */
  readonly counts: boolean;
  /** The connection that sent it; there the answer to the send replaces the event. */
  readonly origin: string | null;
  /** Commit time, milliseconds since 1970, for the latency histogram. */
  readonly at: number;
  readonly event: ServerEvent<'chat:message_received'>;
}

/** Entries that one commit added to a conversation, ascending by seq. */
export interface NewEntries {
  readonly conversationId: string;
  /** Version of the membership at the commit (D9). */
  readonly membersVersion: number;
  readonly entries: readonly Entry[];
}

/**
 * What a node publishes to the others. Losing, duplicating or reordering notifications is harmless: each only says
 * that PostgreSQL holds something new (R3).
 */
export type Notification =
  | { readonly type: 'entries'; readonly batch: readonly NewEntries[] }
  /** An event for the members of its conversation, judged by the members at this version or a later one (D9). */
  | {
      readonly type: 'conversation';
      readonly membersVersion: number;
      readonly event: ServerEvent;
    }
  /** Events for named users. */
  | { readonly type: 'users'; readonly events: readonly ServerEvent[] }
  /** These users joined and receive `created`; or they were removed, and it is null. */
  | {
      readonly type: 'membership';
      readonly conversationId: string;
      readonly membersVersion: number;
      readonly userIds: readonly string[];
      readonly created: ServerEvent<'conversation:created'> | null;
    }
  /** Read the backlogs of these users again: a wake-up, or a membership that begins with entries. */
  | { readonly type: 'recheck'; readonly userIds: readonly string[] }
  /** The sessions have ended: close their connections. */
  | { readonly type: 'session-ended'; readonly sessionIds: string[] }
  /** What a transport tells its other nodes. The core passes over it. */
  | { readonly type: 'relay'; readonly topic: string; readonly payload: string }
  | TypingNotification
  | TopicNotification;

export interface TypingNotification {
  readonly type: 'typing';
  readonly conversationId: string;
  readonly membersVersion: number;
  readonly userId: string;
  readonly username: string;
  readonly isTyping: boolean;
  readonly at: number;
}

/** An event of a log of topics: published by an application and no chat. Immutable. */
export interface TopicEvent {
  /** Position in its log: without gaps, in the order of the commits. */
  readonly seq: number;
  /** Unique in its log. */
  readonly id: string;
  readonly topics: readonly string[];
  readonly private: boolean;
  readonly type: string | null;
  readonly data: string;
  /** Milliseconds, for clients of server-sent events. */
  readonly retry: number | null;
  /** Commit time, milliseconds since 1970. */
  readonly at: number;
}

/** A log of topics has grown to `lastSeq`; the core ignores it. */
export interface TopicNotification {
  readonly type: 'topic-events';
  readonly log: string;
  readonly lastSeq: number;
  /** The newest events, ascending by seq without gaps; empty when they are too large. */
  readonly events: readonly TopicEvent[];
}

/** The channel between nodes. Publishing never throws and never waits. */
export interface Bus {
  publish(notification: Notification): void;
  /** The listener receives the notifications of *other* nodes only. Returns the unsubscriber. */
  subscribe(listener: (notification: Notification) => void): () => void;
  /** Something may have been committed that cannot be announced: the other nodes reconcile, as after a loss. */
  lost(): void;
  /** Called each time the bus works again after an interruption, in which notifications may have been lost. */
  onRecovered(listener: () => void): () => void;
  /** True while notifications can travel. */
  connected(): boolean;
}
