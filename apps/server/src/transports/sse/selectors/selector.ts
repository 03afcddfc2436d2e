import { ValidationError } from '@chasqui/protocol';
import { parseUriTemplate } from './uriTemplate';
import { parseUrlPattern, type TopicMatcher } from './urlPattern';

/** How a selector is compared: `topic` is the older dialect's kind, the others are those of Mercure 1.0. */
export type SelectorKind = 'topic' | 'exact' | 'urlpattern';

/** What a subscriber asks for, or a token allows. */
export interface Selector {
  readonly kind: SelectorKind;
  readonly text: string;
  readonly isEverything: boolean;
  readonly matches: TopicMatcher;
}

const LENGTH_MAX = 2_048;
/** The query parameters that hold selectors. */
const kinds: ReadonlyMap<string, SelectorKind> = new Map([
  ['topic', 'topic'],
  ['match', 'exact'],
  ['match_exact', 'exact'],
  ['match_urlpattern', 'urlpattern'],
]);
const CONTROL_OR_FORMAT = /[\p{Cc}\p{Cf}]/u;

/** The kind that a query parameter asks for. Throws ValidationError for an unknown one of the reserved names. */
export function selectorKindOf(parameter: string): SelectorKind | undefined {
  const kind = kinds.get(parameter);
  if (kind === undefined && parameter.toLowerCase().startsWith('match'))
    throw new ValidationError('the matcher type is not supported');
  return kind;
}

/** Throws ValidationError for a selector that is malformed, too long or too expensive. */
export async function parseSelector(
  kind: SelectorKind,
  text: string,
  hubUrl: string,
): Promise<Selector> {
  if (text === '' || text.length > LENGTH_MAX)
    throw new ValidationError('the selector is empty or too long');
  if (CONTROL_OR_FORMAT.test(text))
    throw new ValidationError('the selector contains control characters');
  const isEverything = text === '*';
  const matches = isEverything ? (): boolean => true : await matcherOf(kind, text, hubUrl);
  return { kind, text, isEverything, matches };
}

async function matcherOf(kind: SelectorKind, text: string, hubUrl: string): Promise<TopicMatcher> {
  switch (kind) {
    case 'exact':
      return (topic) => topic === text;
    case 'topic': {
      const template = parseUriTemplate(text);
      return (topic) => topic === text || template?.matches(topic) === true;
    }
    case 'urlpattern': {
      const pattern = await parseUrlPattern(text, hubUrl);
      if (pattern === undefined) throw new ValidationError('the URL pattern is not supported');
      return pattern;
    }
    default:
      return kind satisfies never;
  }
}
