import type {
  Conversation,
  ConversationForAll,
  MyParticipation,
  Participant,
  Receipt,
} from '@chasqui/protocol';
import type { KnownConversation } from './chatState';

/**
 * Merges a conversation from any source, possibly an old copy. The higher version wins; positions only rise (D6).
 * Broadcast copies have no `my`.
 */
export function mergeConversation(
  known: KnownConversation | undefined,
  incoming: Conversation | ConversationForAll,
  me: string,
): KnownConversation | undefined {
  const my = 'my' in incoming ? incoming.my : undefined;
  if (known === undefined) {
    // Without `my`, the user is not a participant, or sync will bring the conversation.
    if (my === undefined) return undefined;
    return {
      ...incoming,
      my,
      participants_complete: incoming.participants.length >= incoming.participant_count,
      counted: { unread: my.unread_count, up_to: incoming.last_seq },
    };
  }
  const isNewer = incoming.version >= known.version;
  const base = isNewer ? withParticipants(known, incoming) : known;
  const mine = isNewer ? incoming.participants.find(({ user_id }) => user_id === me) : undefined;
  const mineNow = mergeMine(known.my, my ?? mine, isNewer);
  const last = newer(known.last_message, incoming.last_message);
  return {
    ...base,
    last_seq: Math.max(known.last_seq, incoming.last_seq),
    // A user who was added again does not see earlier messages (D9).
    last_message: last !== null && last.seq < mineNow.joined_seq ? null : last,
    my: mineNow,
    counted: mergeCounted(known, incoming.last_seq, my),
  };
}

/** Ignores an unread count that is older than a message or read position already known. */
function mergeCounted(
  known: KnownConversation,
  lastSeq: number,
  my: MyParticipation | undefined,
): KnownConversation['counted'] {
  if (my === undefined || lastSeq < known.counted.up_to || my.read_seq < known.my.read_seq) {
    return known.counted;
  }
  return { unread: my.unread_count, up_to: lastSeq };
}

function mergeMine(
  known: MyParticipation,
  incoming: MyParticipation | Participant | undefined,
  isNewer: boolean,
): MyParticipation {
  if (incoming === undefined) return known;
  return {
    role: isNewer ? incoming.role : known.role,
    joined_seq: Math.max(known.joined_seq, incoming.joined_seq),
    delivered_seq: Math.max(known.delivered_seq, incoming.delivered_seq),
    read_seq: Math.max(known.read_seq, incoming.read_seq),
    unread_count: known.unread_count,
  };
}

/** Lists and events contain only the first participants of a large group; the other known ones are kept. */
function withParticipants(
  known: KnownConversation,
  incoming: Conversation | ConversationForAll,
): KnownConversation {
  const before = new Map(known.participants.map((one) => [one.user_id, one]));
  const participants = incoming.participants.map((one) => furthest(before.get(one.user_id), one));
  const isComplete = participants.length >= incoming.participant_count;
  const next = { ...known, ...incoming, my: known.my };
  if (isComplete) return { ...next, participants, participants_complete: true };
  const listed = new Set(participants.map(({ user_id }) => user_id));
  const others = known.participants.filter(({ user_id }) => !listed.has(user_id));
  const isSame = known.participants_complete && incoming.version === known.version;
  return {
    ...next,
    participants: [...participants, ...others].slice(0, incoming.participant_count),
    participants_complete: isSame,
  };
}

function furthest(known: Participant | undefined, incoming: Participant): Participant {
  if (known === undefined) return incoming;
  return {
    ...incoming,
    delivered_seq: Math.max(known.delivered_seq, incoming.delivered_seq),
    read_seq: Math.max(known.read_seq, incoming.read_seq),
  };
}

/** Merges a participant's positions, the own user's included. Events may arrive out of order: the highest wins (D6). */
export function mergeReceipt(
  known: KnownConversation,
  { user_id: userId, delivered_seq: delivered, read_seq: read }: Omit<Receipt, 'conversation_id'>,
  me: string,
): KnownConversation {
  const raise = <T extends { delivered_seq: number; read_seq: number }>(at: T): T =>
    at.delivered_seq >= delivered && at.read_seq >= read
      ? at
      : {
          ...at,
          delivered_seq: Math.max(at.delivered_seq, delivered, read),
          read_seq: Math.max(at.read_seq, read),
        };
  const at = known.participants.findIndex(({ user_id }) => user_id === userId);
  const before = known.participants[at];
  const after = before === undefined ? undefined : raise(before);
  const my = userId === me ? raise(known.my) : known.my;
  if (after === before && my === known.my) return known;
  return {
    ...known,
    my,
    participants: after === undefined ? known.participants : known.participants.with(at, after),
  };
}

type LastMessage = Conversation['last_message'];

export function newer(a: LastMessage, b: LastMessage): LastMessage {
  if (a === null || b === null) return a ?? b;
  if (a.seq !== b.seq) return a.seq > b.seq ? a : b;
  return b.version > a.version ? b : a;
}
