import type {
  Conversation,
  ConversationForAll,
  Receipt,
  UnreadUpdated,
  User,
} from '@chasqui/protocol';
import { type Entry, isMessage, toWire } from './entry';
import type { ChatEvent } from './chatEvent';
import {
  type ChatState,
  emptyState,
  type KnownConversation,
  withKey,
  withoutKey,
} from './chatState';
import { mergeConversation, mergeReceipt, newer } from './conversations';
import { changeTyping, endTyping, stopTyping } from './typing';
import { changeEntry, forgetBefore, mergeEntries } from './timeline';
import { countUnread } from './unread';

/**
 * Returns the state after an event. Pure, and the only way the state changes. Events may arrive late, repeated or out of
 * order; applying them all leads to the same state as a fresh fetch (D7). Returns the same object when nothing changes.
 */
export function applyEvent(state: ChatState, event: ChatEvent): ChatState {
  switch (event.type) {
    case 'connection changed':
      return connectionChanged(state, event.connection);
    case 'signed in':
      return { ...state, me: event.user, usersById: { [event.user.id]: event.user } };
    case 'signed out':
      return { ...emptyState, connection: state.connection };
    case 'restored':
      return {
        ...state,
        cursor: event.cursor,
        conversationsById: Object.fromEntries(event.conversations.map((one) => [one.id, one])),
        entriesByConversation: byConversation(event.entries),
      };
    case 'started over':
      return { ...state, cursor: null, conversationsById: {}, entriesByConversation: {} };
    case 'outbox changed':
      return { ...state, outbox: event.outbox };
    case 'sent':
      // In one step, so that the message never appears twice or not at all.
      return { ...applyEntries(state, [event.entry]), outbox: event.outbox };
    case 'read here':
      return applyReceipt(state, event.conversationId, {
        user_id: state.me?.id ?? '',
        delivered_seq: event.seq,
        read_seq: event.seq,
      });
    case 'time passed':
      return withTyping(state, endTyping(state.typingByConversation, event.now));
    case 'entries received':
      return withTyping(
        applyEntries(state, event.entries),
        stopTyping(state.typingByConversation, event.entries),
      );
    case 'message updated':
      return applyChange(state, event.entry);
    case 'status updated': {
      const { conversationId, userId, seq, status } = event.update;
      const read = status === 'read' ? seq : 0;
      return applyReceipt(state, conversationId, {
        user_id: userId,
        delivered_seq: seq,
        read_seq: read,
      });
    }
    case 'unread updated':
      return unreadUpdated(state, event.update);
    case 'typing':
      return withTyping(state, changeTyping(state.typingByConversation, event));
    case 'presence changed': {
      const { userId, status, timestamp } = event.change;
      const presence = { status, last_seen_at: timestamp };
      return { ...state, userPresenceById: withKey(state.userPresenceById, userId, presence) };
    }
    case 'block changed': {
      const { userId, blocked } = event.change;
      const blockedById = withKey(state.blockedById, userId, blocked);
      return blockedById === state.blockedById ? state : { ...state, blockedById };
    }
    case 'blocks read':
      return { ...state, blockedById: Object.fromEntries(event.userIds.map((id) => [id, true])) };
    case 'conversation updated':
      return applyConversation(state, event.conversation);
    case 'conversation removed':
      return removeConversation(state, event.conversationId);
    case 'conversations read':
      return event.conversations.reduce(applyConversation, state);
    case 'entries read':
      return applyEntries(state, event.entries);
    case 'requests read':
      return withRequests(state, event.requests);
    case 'request settled':
      return withRequests(
        state,
        state.requests.filter(({ id }) => id !== event.requestId),
      );
    case 'privacy read':
      return { ...state, privacy: event.privacy };
    case 'users read':
      return usersRead(state, event.users);
    case 'synced': {
      const left = event.removed.reduce(removeConversation, state);
      const known = applyEntries(
        event.conversations.reduce(applyConversation, left),
        event.entries,
      );
      const withReceipts = event.receipts.reduce(
        (after, receipt) => applyReceipt(after, receipt.conversation_id, receipt),
        known,
      );
      return {
        ...withRequests(withReceipts, event.requests ?? withReceipts.requests),
        cursor: event.cursor,
      };
    }
  }
}

/** Every change of a conversation passes through here, which keeps its unread count up to date. */
function keepConversation(
  state: ChatState,
  before: KnownConversation | undefined,
  after: KnownConversation,
  entries: readonly Entry[],
): ChatState {
  const unread = countUnread(after, entries, state.me?.id ?? '');
  const counted =
    after.my.unread_count === unread && after === before
      ? after
      : { ...after, my: { ...after.my, unread_count: unread } };
  return { ...state, conversationsById: withKey(state.conversationsById, after.id, counted) };
}

function applyConversation(
  state: ChatState,
  incoming: Conversation | ConversationForAll,
): ChatState {
  const known = state.conversationsById[incoming.id];
  const merged = mergeConversation(known, incoming, state.me?.id ?? '');
  if (merged === undefined) return state;
  const before = state.entriesByConversation[incoming.id] ?? [];
  const entries = forgetBefore(before, merged.my.joined_seq);
  return keepConversation(withEntries(state, incoming.id, entries), known, merged, entries);
}

function removeConversation(state: ChatState, id: string): ChatState {
  return {
    ...state,
    conversationsById: withoutKey(state.conversationsById, id),
    entriesByConversation: withoutKey(state.entriesByConversation, id),
    typingByConversation: withoutKey(state.typingByConversation, id),
  };
}

function applyEntries(state: ChatState, incoming: readonly Entry[]): ChatState {
  let next = state;
  for (const [id, fresh] of Object.entries(byConversation(incoming))) {
    const known = next.conversationsById[id];
    // An entry may arrive before its conversation; it is kept.
    const visible = known === undefined ? fresh : forgetBefore(fresh, known.my.joined_seq);
    const before = next.entriesByConversation[id] ?? [];
    const entries = mergeEntries(before, visible);
    if (entries === before) continue;
    next = withEntries(next, id, entries);
    if (known !== undefined) {
      next = keepConversation(next, known, visible.reduce(withLast, known), entries);
    }
  }
  return next;
}

function applyChange(state: ChatState, entry: Entry): ChatState {
  const id = entry.conversation_id;
  const known = state.conversationsById[id];
  const before = state.entriesByConversation[id] ?? [];
  const entries = changeEntry(before, entry);
  const next = withEntries(state, id, entries);
  if (known === undefined) return next;
  const changed = known.last_message?.seq === entry.seq ? withLast(known, entry) : known;
  return changed === known && entries === before
    ? state
    : keepConversation(next, known, changed, entries);
}

function withLast(known: KnownConversation, entry: Entry): KnownConversation {
  const lastSeq = Math.max(known.last_seq, entry.seq);
  // Conversation events are not messages, even if they are the newest entry.
  const last =
    isMessage(entry) && entry.kind === 'message'
      ? newer(known.last_message, toWire(entry))
      : known.last_message;
  return lastSeq === known.last_seq && last === known.last_message
    ? known
    : { ...known, last_seq: lastSeq, last_message: last };
}

function applyReceipt(
  state: ChatState,
  conversationId: string,
  receipt: Omit<Receipt, 'conversation_id'>,
): ChatState {
  const known = state.conversationsById[conversationId];
  if (known === undefined) return state;
  const merged = mergeReceipt(known, receipt, state.me?.id ?? '');
  if (merged === known) return state;
  return keepConversation(state, known, merged, state.entriesByConversation[conversationId] ?? []);
}

/** Takes the server's read position always, and its count where the local entries have a gap. */
function unreadUpdated(
  state: ChatState,
  { conversationId, unreadCount, readSeq }: UnreadUpdated,
): ChatState {
  const known = state.conversationsById[conversationId];
  if (known === undefined || readSeq < known.my.read_seq) return state;
  const entries = state.entriesByConversation[conversationId] ?? [];
  const receipt = { user_id: state.me?.id ?? '', delivered_seq: readSeq, read_seq: readSeq };
  const read = mergeReceipt(known, receipt, receipt.user_id);
  const upTo = Math.max(known.counted.up_to, entries.at(-1)?.seq ?? 0);
  const counted = { unread: unreadCount, up_to: upTo };
  return keepConversation(state, known, { ...read, counted }, entries);
}

function connectionChanged(state: ChatState, connection: ChatState['connection']): ChatState {
  const isOpen = connection.state === 'live' || connection.state === 'catching up';
  return isOpen
    ? { ...state, connection }
    : { ...state, connection, userPresenceById: {}, typingByConversation: {} };
}

function usersRead(state: ChatState, users: readonly User[]): ChatState {
  const usersById = { ...state.usersById };
  const userPresenceById = { ...state.userPresenceById };
  for (const user of users) {
    usersById[user.id] = user;
    if (user.presence !== null) userPresenceById[user.id] = user.presence;
  }
  const me = state.me === null ? null : (usersById[state.me.id] ?? state.me);
  return { ...state, me, usersById, userPresenceById };
}

function withEntries(state: ChatState, id: string, entries: readonly Entry[]): ChatState {
  if (entries.length === 0 && !(id in state.entriesByConversation)) return state;
  const entriesByConversation = withKey(state.entriesByConversation, id, entries);
  return entriesByConversation === state.entriesByConversation
    ? state
    : { ...state, entriesByConversation };
}

function withRequests(state: ChatState, requests: ChatState['requests']): ChatState {
  const isSame = requests.length === 0 && state.requests.length === 0;
  return isSame || requests === state.requests ? state : { ...state, requests };
}

function withTyping(state: ChatState, typing: ChatState['typingByConversation']): ChatState {
  return typing === state.typingByConversation ? state : { ...state, typingByConversation: typing };
}

function byConversation(entries: readonly Entry[]): Record<string, Entry[]> {
  const grouped: Record<string, Entry[]> = {};
  for (const entry of entries) (grouped[entry.conversation_id] ??= []).push(entry);
  for (const group of Object.values(grouped)) group.sort((a, b) => a.seq - b.seq);
  return grouped;
}
