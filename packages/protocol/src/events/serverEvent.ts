import type { ServerEventName, ServerToClientEvents } from '../socket';

/** What an event of this name carries. */
export type EventData<N extends ServerEventName> = Parameters<ServerToClientEvents[N]>[0];

/** Who receives an event. */
export type Recipients =
  /** Members of `conversationId` whose membership began at `seq` or earlier; `except` names one user who is left out. */
  | { readonly scope: 'members'; readonly except?: string }
  /** All connections of these users. */
  | { readonly scope: 'users'; readonly userIds: readonly string[] }
  /** Only the connection that it is sent on. */
  | { readonly scope: 'connection' };

/** Where an event belongs and who receives it, so that a transport never has to parse the data. */
export interface EventAddress {
  /** The conversation the event is about, if it is about one. */
  readonly conversationId: string | null;
  /** The seq in that conversation the event is about, if it is about one. */
  readonly seq: number | null;
  readonly recipients: Recipients;
}

/** One event on its way to clients. Its data is typed by its name. Immutable. */
export interface ServerEvent<N extends ServerEventName = ServerEventName> extends EventAddress {
  readonly name: N;
  readonly data: EventData<N>;
  /** `data` as JSON text. Serialized at most once, however many connections the event goes to. */
  readonly json: string;
}

/** An event with its data. It is serialized when a transport first asks for the text. */
export function createEvent<N extends ServerEventName>(
  name: N,
  data: EventData<N>,
  { conversationId, seq, recipients }: EventAddress,
): ServerEvent<N> {
  return new DataEvent(name, conversationId, seq, recipients, data);
}

/**
 * An event whose data already is JSON text, such as a stored message. The text is used as it is and
 * parsed only if someone asks for `data`.
 */
export function createEventFromJson<N extends ServerEventName>(
  name: N,
  json: string,
  { conversationId, seq, recipients }: EventAddress,
): ServerEvent<N> {
  return new JsonEvent(name, conversationId, seq, recipients, json);
}

export function isEventOf<N extends ServerEventName>(
  event: ServerEvent,
  name: N,
): event is ServerEvent<N> {
  return event.name === name;
}

class DataEvent<N extends ServerEventName> implements ServerEvent<N> {
  private text: string | undefined;

  constructor(
    readonly name: N,
    readonly conversationId: string | null,
    readonly seq: number | null,
    readonly recipients: Recipients,
    readonly data: EventData<N>,
  ) {}

  get json(): string {
    return (this.text ??= JSON.stringify(this.data));
  }
}

class JsonEvent<N extends ServerEventName> implements ServerEvent<N> {
  private parsed: EventData<N> | undefined;

  constructor(
    readonly name: N,
    readonly conversationId: string | null,
    readonly seq: number | null,
    readonly recipients: Recipients,
    readonly json: string,
  ) {}

  get data(): EventData<N> {
    return (this.parsed ??= JSON.parse(this.json) as EventData<N>);
  }
}
