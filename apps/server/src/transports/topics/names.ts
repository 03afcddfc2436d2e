import { isUuid } from '@chasqui/protocol';

/** A part of the chat that has a name of its own. */
export type ChatTopic =
  | { readonly kind: 'conversation'; readonly id: string }
  /** Everything of one user. */
  | { readonly kind: 'user'; readonly id: string };

/** Mercure topics; the first of each list is the canonical one, the others are aliases. */
const topicPrefixes: Readonly<Record<ChatTopic['kind'], readonly string[]>> = {
  conversation: ['/conversations/', '/chat/room/', '/chat-v2/room/'],
  user: ['/users/', '/chat-v2/private/user/', '/chat-v2/rooms/user/'],
};

/** The part of the chat that a Mercure topic names; undefined for every other topic. */
export function chatTopicOf(topic: string): ChatTopic | undefined {
  for (const kind of ['conversation', 'user'] as const) {
    const prefix = topicPrefixes[kind].find((one) => topic.startsWith(one));
    if (prefix === undefined) continue;
    const id = topic.slice(prefix.length).toLowerCase();
    return isUuid(id) ? { kind, id } : undefined;
  }
  return undefined;
}

/** All Mercure topics of a part of the chat, the canonical one first. */
export const topicsOf = ({ kind, id }: ChatTopic): string[] =>
  topicPrefixes[kind].map((prefix) => `${prefix}${id}`);
