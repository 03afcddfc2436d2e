import type { ServerEvent } from '@chasqui/protocol';
import { topicEventName } from '../../topics/eventNames';

/** One event of a stream. `id`, `event` and `retry` contain no line breaks. */
export interface StreamBlock {
  id: string;
  event?: string | undefined;
  data: string;
  retry?: number | undefined;
}

// The standard ends a line at CR, LF or CRLF, so data is divided at each of them.
const LINE_END = /\r\n|\r|\n/;

export function encodeBlock({ id, event, data, retry }: StreamBlock): string {
  const type = event === undefined ? '' : `event: ${event}\n`;
  const wait = retry === undefined ? '' : `retry: ${retry}\n`;
  return `id: ${id}\n${wait}${type}${encodeData(data)}\n`;
}

/** Keeps proxies from closing an idle stream. Clients ignore it. */
export const COMMENT = ':\n\n';

export const encodeRetry = (milliseconds: number): string => `retry: ${milliseconds}\n\n`;

/** Type and data of each event, encoded once for all streams. */
const encoded = new WeakMap<ServerEvent, string>();

/**
 * New messages have no type: clients receive typed events only in listeners of their own. Undefined for an event that
 * streams do not carry.
 */
export function encodeEvent(event: ServerEvent, id: string): string | undefined {
  let rest = encoded.get(event);
  if (rest === undefined) {
    const name = topicEventName(event.name);
    if (name === undefined) return undefined;
    const type = name === 'new-message' ? '' : `event: ${name}\n`;
    rest = `${type}${encodeData(event.json)}\n`;
    encoded.set(event, rest);
  }
  return `id: ${id}\n${rest}`;
}

const encodeData = (data: string): string =>
  data
    .split(LINE_END)
    .map((line) => `data: ${line}\n`)
    .join('');
