import { isUuid } from '@chasqui/protocol';

/** What a channel's name stands for. */
export type ChannelKind =
  /** The entries and events of one conversation. */
  | { readonly kind: 'conversation'; readonly conversationId: string; readonly presence: boolean }
  /** Everything of one user. `signedIn`: open to a connection that signed in as this user. */
  | { readonly kind: 'user'; readonly userId: string; readonly signedIn: boolean }
  /** No part of the chat: the application publishes to it. */
  | {
      readonly kind: 'generic';
      readonly access: 'public' | 'private' | 'encrypted' | 'presence';
      readonly cached: boolean;
    };

/** Characters of a channel's name, as on Pusher Channels. */
const NAME_MAX = 164;
const NAME = /^#?[A-Za-z0-9_\-=@,.;]+$/;

const conversationPrefixes = [
  ['private-conversation-', false],
  ['presence-conversation-', true],
  // Names that earlier clients of chat rooms use.
  ['private-chat-room-', false],
  ['presence-chat-room-', true],
] as const;

const SERVER_TO_USER = '#server-to-user-';
const PRIVATE_USER = 'private-user-';

/** Undefined for a malformed name. A conversation never has a public channel (D9). */
export function parseChannelName(name: string): ChannelKind | undefined {
  if (name.length > NAME_MAX || !NAME.test(name)) return undefined;
  for (const [prefix, presence] of conversationPrefixes) {
    const id = idAfter(prefix, name);
    if (id !== undefined) return { kind: 'conversation', conversationId: id, presence };
  }
  const userId = idAfter(PRIVATE_USER, name);
  if (userId !== undefined) return { kind: 'user', userId, signedIn: false };
  if (name.startsWith('#')) {
    const id = name.slice(SERVER_TO_USER.length);
    if (!name.startsWith(SERVER_TO_USER) || id === '') return undefined;
    return { kind: 'user', userId: isUuid(id) ? id.toLowerCase() : id, signedIn: true };
  }
  return { kind: 'generic', ...genericKind(name) };
}

function genericKind(name: string) {
  const access = name.startsWith('private-encrypted-')
    ? 'encrypted'
    : name.startsWith('private-')
      ? 'private'
      : name.startsWith('presence-')
        ? 'presence'
        : 'public';
  const cached = /^(?:private-encrypted-|private-|presence-)?cache-/.test(name);
  return { access, cached } as const;
}

/** Ids are compared as lower-case text. */
function idAfter(prefix: string, name: string): string | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const id = name.slice(prefix.length);
  return isUuid(id) ? id.toLowerCase() : undefined;
}
