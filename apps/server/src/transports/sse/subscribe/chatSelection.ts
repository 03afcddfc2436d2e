import type { ServerEvent } from '@chasqui/protocol';
import { type ChatTopic, chatTopicOf, topicsOf } from '../../topics/names';
import { ALL_CONVERSATIONS, scopeOf } from '../position/streamPosition';
import type { Selector } from '../selectors/selector';

/** The part of the chat that a stream carries. */
export interface ChatSelection {
  readonly follows: 'all' | readonly string[];
  /** Identifies `follows` in a position. */
  readonly scope: string;
  hasConversation(conversationId: string): boolean;
  /** Whether the stream carries an event that was sent to its user. */
  hasEvent(event: Pick<ServerEvent, 'conversationId'>): boolean;
}

/** Ids of no conversation: a selector that matches both of them selects every conversation. */
const PROBES = ['00000000-0000-4000-8000-000000000000', 'ffffffff-ffff-4fff-bfff-ffffffffffff'];

/**
 * What the selectors select of the chat for this user. Their own topic and `*` select everything of theirs; a template
 * or pattern selects all conversations or none. The topic of another user selects nothing. Membership is not checked: it
 * decides at each entry (R9).
 */
export function chatSelectionOf(
  selectors: readonly Selector[],
  userId: string,
  origin: string,
): ChatSelection {
  const named = new Set<string>();
  let all = false;
  let own = false;
  const selects = (selector: Selector, topic: ChatTopic): boolean =>
    topicsOf(topic).some((path) => selector.matches(path) || selector.matches(`${origin}${path}`));

  for (const selector of selectors) {
    const { text } = selector;
    const topic = chatTopicOf(text.startsWith(`${origin}/`) ? text.slice(origin.length) : text);
    if (topic?.kind === 'conversation') named.add(topic.id);
    else if (topic?.id === userId || selects(selector, { kind: 'user', id: userId })) own = true;
    else if (PROBES.every((id) => selects(selector, { kind: 'conversation', id }))) all = true;
  }

  const hasAll = all || own;
  const hasConversation = (id: string): boolean => hasAll || named.has(id);
  return {
    follows: hasAll ? 'all' : [...named],
    scope: hasAll ? ALL_CONVERSATIONS : scopeOf(named),
    hasConversation,
    hasEvent: ({ conversationId }) =>
      conversationId === null ? own : hasConversation(conversationId),
  };
}
