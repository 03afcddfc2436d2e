/** One event that a client sent. Nothing in it has been checked but its form. */
export interface ClientFrame {
  readonly event: string;
  readonly channel: string | undefined;
  /** As sent: libraries send an object or its JSON as a string. */
  readonly data: unknown;
}

/** Characters of an event's name, as on Pusher Channels. */
export const EVENT_NAME_MAX = 200;

/** Parses a text frame; undefined unless it is a JSON object with the name of an event. */
export function parseClientFrame(text: string): ClientFrame | undefined {
  const frame = parseObject(text);
  if (frame === undefined || typeof frame.event !== 'string') return undefined;
  if (frame.event === '' || frame.event.length > EVENT_NAME_MAX) return undefined;
  const { event, channel, data } = frame;
  return { event, channel: typeof channel === 'string' ? channel : undefined, data };
}

/** The fields of an event's data, which may be double-encoded; none if it is something else. */
export function fieldsOf({ data }: ClientFrame): Readonly<Record<string, unknown>> {
  if (typeof data === 'string') return parseObject(data) ?? {};
  return isObject(data) ? data : {};
}

/** Parses JSON text; undefined unless it is an object. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
