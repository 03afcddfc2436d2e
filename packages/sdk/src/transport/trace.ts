/**
 * One step on the wire: an event of the server, a command of the client, or the reply to a command. A command without a
 * reply was not answered. `session:ready` is the first event of every connection.
 */
export type TraceRecord =
  | { readonly type: 'event'; readonly name: string; readonly data: unknown }
  | { readonly type: 'command'; readonly name: string; readonly data: unknown }
  | {
      readonly type: 'reply';
      readonly name: string;
      /** The data of the command. */
      readonly data: unknown;
      readonly reply: unknown;
    };

/** Receives everything a client sends and receives over its connection, in order, before the client processes it. */
export type Trace = (record: TraceRecord) => void;
