import type { IncomingMessage } from 'node:http';
import { ValidationError } from '@chasqui/protocol';
import {
  parseSelector,
  type Selector,
  type SelectorKind,
  selectorKindOf,
} from '../selectors/selector';

/** What a subscriber asks for. */
export interface SubscribeRequest {
  readonly selectors: readonly Selector[];
  /** The last event that it has received, `earliest`, or undefined if it names none. */
  readonly lastEventId: string | undefined;
  /** Whether it speaks the older dialect, in which the token may be in the URL. */
  readonly isOlderDialect: boolean;
}

const SELECTORS_MAX = 1_000;
const LAST_EVENT_ID_NAMES = ['lastEventID', 'last_event_id', 'lastEventId'];

export const queryOf = ({ url = '' }: IncomingMessage): URLSearchParams =>
  new URL(url, 'http://localhost').searchParams;

/** Throws ValidationError without a selector, above 1,000, and for one that is not supported. */
export async function parseSubscribeRequest(
  request: IncomingMessage,
  hubUrl: string,
): Promise<SubscribeRequest> {
  const query = queryOf(request);
  const asked: [SelectorKind, string][] = [];
  for (const [name, value] of query) {
    const kind = selectorKindOf(name);
    if (kind !== undefined) asked.push([kind, value]);
  }
  if (asked.length === 0)
    throw new ValidationError('name a topic: topic=, match= or match_urlpattern=');
  if (asked.length > SELECTORS_MAX) throw new ValidationError(`at most ${SELECTORS_MAX} topics`);
  const selectors: Selector[] = [];
  for (const [kind, value] of asked) selectors.push(await parseSelector(kind, value, hubUrl));
  return {
    selectors,
    lastEventId: lastEventIdOf(request, query),
    isOlderDialect: asked.every(([kind]) => kind === 'topic'),
  };
}

/** The header takes precedence, because a client that reconnects repeats the query of its first request. */
function lastEventIdOf({ headers }: IncomingMessage, query: URLSearchParams): string | undefined {
  const given = [
    headers['last-event-id'],
    ...LAST_EVENT_ID_NAMES.map((name) => query.get(name)),
  ].find((value) => typeof value === 'string' && value !== '');
  return typeof given === 'string' ? given : undefined;
}
