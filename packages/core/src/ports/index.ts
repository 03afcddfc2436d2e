/**
 * What the delivery rules need from outside. Nothing here knows Express, Socket.IO, Redis or the
 * environment; the apps pass adapters in.
 */

/** A frame ready for the wire: the packet's JSON text, encoded once for every connection (D3). */
export type Frame = string;

/** One live connection as the delivery path sees it. */
export interface Outlet {
  /** Unique over all nodes for the life of the connection. */
  readonly id: string;
  /** Writes one event. Never throws; after the connection has closed it does nothing. */
  emit(event: string, json: Frame): void;
  /** Calls back once, before what is written in this turn of the event loop leaves. */
  lastCall(callback: () => void): void;
  /** False while more bytes wait in the connection's buffer than the limit (slow consumer). */
  writable(): boolean;
  /** Calls back once, when the buffer has drained below the limit. */
  whenWritable(callback: () => void): void;
  /** Closes the connection from our side; `reason` is for the log. */
  close(reason: string): void;
}

/**
 * Hints between nodes. Losing, doubling or reordering them is harmless: each says only that
 * PostgreSQL holds something new (RULES.md, R3). Publishing never throws and never waits.
 */
export interface Bus {
  publish(hint: Hint): void;
  /** The listener hears the hints of *other* nodes only. Returns the unsubscriber. */
  subscribe(listener: (hint: Hint) => void): () => void;
  /** Something may have been committed of which no hint can be given: the others are to look, as after a loss. */
  lost(): void;
  /** Called each time the bus is usable again after it was not (hints may have been lost). */
  onRecovered(listener: () => void): () => void;
  /** True while hints can travel. */
  connected(): boolean;
}

export interface EntryHint {
  id: string;
  seq: number;
  senderId: string;
  /** The entry counts against the window and makes a job: kind `message`. */
  counts: boolean;
  /** The connection that sent it, for which the answer takes the frame's place. */
  origin: string | null;
  /** The Message as JSON text. */
  json: string;
  /** Commit time, milliseconds, for the latency histogram. */
  at: number;
}

export type Hint =
  | {
      type: 'entries';
      batch: {
        conversationId: string;
        /** Version of the membership at the commit of the entries (D9). */
        membersVersion: number;
        entries: EntryHint[];
      }[];
    }
  /** An event for everybody in the conversation whose membership covers `seq`. */
  | {
      type: 'conversation';
      conversationId: string;
      membersVersion: number;
      event: string;
      json: string;
      /** Members who joined after this seq are not told; 0 for everybody. */
      seq: number;
      /** One user who is not told (the typist). */
      except?: string;
    }
  /** These users joined, and `joined` is what they are told; or they were removed, and it is null. */
  | {
      type: 'membership';
      conversationId: string;
      membersVersion: number;
      userIds: string[];
      joined: string | null;
    }
  /** Events for all connections of these users. */
  | { type: 'users'; events: { userIds: string[]; event: string; json: string }[] }
  /** Read PostgreSQL again for these users: a wake-up of the queue, or a new membership. */
  | { type: 'recheck'; userIds: string[] }
  /** The sessions were ended: close their connections. */
  | { type: 'session-ended'; sessionIds: string[] }
  /** The user's presence changed; the app fans it out to its own connections. */
  | { type: 'presence'; userId: string; status: 'online' | 'offline'; at: number }
  | {
      type: 'typing';
      conversationId: string;
      membersVersion: number;
      userId: string;
      username: string;
      isTyping: boolean;
      at: number;
    };

/** The alarm clock: asks for a wake-up of recipients who have something waiting. */
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
