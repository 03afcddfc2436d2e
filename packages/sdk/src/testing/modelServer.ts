import type {
  Conversation,
  ConversationForAll,
  Message,
  Participant,
  Receipt,
} from '@chasqui/protocol';

/** What the server would tell one user, and what it would answer. */
export type Told =
  | { type: 'received'; message: Message }
  | { type: 'updated'; message: Message }
  | { type: 'status'; receipt: Receipt }
  | { type: 'unread'; conversationId: string; unreadCount: number; readSeq: number }
  | { type: 'created'; conversation: Conversation }
  | { type: 'changed'; conversation: ConversationForAll }
  | { type: 'removed'; conversationId: string };

/** Somebody does something; which of the possible ones is said by numbers, as a property test makes them up. */
export interface Deed {
  kind: 'send' | 'edit' | 'delete' | 'react' | 'read' | 'rename' | 'remove' | 'add';
  room: number;
  who: number;
  which: number;
}

export interface ModelSync {
  conversations: Conversation[];
  removed: string[];
  messages: Message[];
  receipts: Receipt[];
  position: number;
}

export interface ModelServer {
  readonly me: string;
  /** Returns what I am told of it, in order; nothing when it is not possible. */
  do(deed: Deed): Told[];
  /** Everything that is mine, as a fresh client fetches it. */
  fresh(): { conversations: Conversation[]; history: Message[] };
  /** What changed since a position; without one: from now. */
  sync(position?: number): ModelSync;
}

interface Member extends Participant {
  /** When their positions moved last. */
  moved: number;
}

interface Room {
  id: string;
  title: string;
  version: number;
  log: (Message & { at: number })[];
  members: Member[];
  /** When it changed last, and when I was removed. */
  at: number;
  removedAt: number | undefined;
}

const TIME = '2026-01-01T00:00:00.000Z';
const idOf = (kind: number, n: number): string =>
  `0198${kind}000-0000-7000-8000-${String(n).padStart(12, '0')}`;

function wire({ at: _at, ...message }: Message & { at: number }): Message {
  return message;
}

/**
 * Conversations by the rules of the contract, in memory and for one reader: small enough to be seen to be right, so that
 * a client's state can be compared with it in thousands of stories.
 */
export function createModelServer({ rooms: roomCount = 2, people = 4 } = {}): ModelServer {
  const users = Array.from({ length: people }, (_, i) => idOf(1, i));
  const me = users[0] ?? '';
  let clock = 0;
  let messages = 0;
  const rooms = Array.from({ length: roomCount }, (_, i): Room => {
    const room: Room = {
      ...{ id: idOf(2, i), title: 'A room', version: 0, log: [], members: [] },
      ...{ at: 0, removedAt: undefined },
    };
    append(room, me, {
      kind: 'event',
      event: { type: 'created', title: 'A room', user_ids: users },
    });
    room.members = users.map((id) => memberOf(id, 1));
    return room;
  });

  function memberOf(id: string, seq: number): Member {
    const at = { joined_seq: seq, delivered_seq: seq, read_seq: seq };
    const name = { username: `user${users.indexOf(id)}`, display_name: 'Somebody' };
    return { user_id: id, ...name, role: 'member', joined_at: TIME, ...at, moved: clock };
  }

  function append(room: Room, sender: string, more: Partial<Message>): Message {
    room.version += 1;
    clock += 1;
    room.at = clock;
    const message: Message & { at: number } = {
      ...{ id: idOf(3, messages++), conversation_id: room.id, seq: room.log.length + 1 },
      ...{ version: room.version, kind: 'message', sender_id: sender, client_message_id: null },
      ...{ message_type: 'text', content_encrypted: null, reply_to_id: null, created_at: TIME },
      ...{ edited_at: null, deleted_at: null, reactions: [], status: 'sent' },
      ...more,
      at: clock,
    };
    room.log.push(message);
    return wire(message);
  }

  function change(room: Room, seq: number, more: Partial<Message>): Message {
    room.version += 1;
    clock += 1;
    room.at = clock;
    const before = room.log[seq - 1];
    if (before === undefined) throw new Error(`there is no ${seq}`);
    const after = { ...before, ...more, version: room.version, at: clock };
    room.log[seq - 1] = after;
    return wire(after);
  }

  const memberIn = (room: Room, id: string): Member | undefined =>
    room.members.find(({ user_id }) => user_id === id);

  const unreadOf = (room: Room, member: Member): number =>
    room.log.filter(
      ({ seq, kind, deleted_at, sender_id }) =>
        seq > member.read_seq &&
        kind === 'message' &&
        deleted_at === null &&
        sender_id !== member.user_id,
    ).length;

  function forAll(room: Room): ConversationForAll {
    // The newest message, not the newest entry, and only what the reader's membership covers.
    const from = memberIn(room, me)?.joined_seq ?? 0;
    const last = room.log.findLast(({ kind, seq }) => kind === 'message' && seq >= from);
    return {
      ...{ id: room.id, type: 'group', title: room.title, created_by: me, created_at: TIME },
      ...{ updated_at: TIME, version: room.version, last_seq: room.log.length },
      retention_s: null,
      retention_from_seq: 1,
      history_request: null,
      barred: null,
      request: null,
      participant_count: room.members.length,
      last_message: last === undefined ? null : wire(last),
      participants: room.members.map(({ moved: _moved, ...one }) => one),
    };
  }

  function mine(room: Room, member: Member): Conversation {
    const { role, joined_seq, delivered_seq, read_seq } = member;
    const my = { role, joined_seq, delivered_seq, read_seq, unread_count: unreadOf(room, member) };
    return { ...forAll(room), my };
  }

  function read(room: Room, reader: Member, seq: number): Told[] {
    if (seq <= reader.read_seq) return [];
    clock += 1;
    reader.read_seq = seq;
    reader.delivered_seq = Math.max(reader.delivered_seq, seq);
    reader.moved = clock;
    const conversationId = room.id;
    const { user_id, delivered_seq, read_seq: readSeq } = reader;
    if (user_id !== me) {
      const receipt = {
        conversation_id: conversationId,
        user_id,
        delivered_seq,
        read_seq: readSeq,
      };
      return [{ type: 'status', receipt }];
    }
    return [{ type: 'unread', conversationId, unreadCount: unreadOf(room, reader), readSeq }];
  }

  function remove(room: Room, id: string): Told[] {
    const wasIn = memberIn(room, me) !== undefined;
    room.members = room.members.filter(({ user_id }) => user_id !== id);
    const message = append(room, id, { kind: 'event', event: { type: 'left', user_ids: [id] } });
    if (id === me) {
      room.removedAt = clock;
      return [{ type: 'removed', conversationId: room.id }];
    }
    if (!wasIn) return [];
    return [
      { type: 'received', message },
      { type: 'changed', conversation: forAll(room) },
    ];
  }

  function add(room: Room, id: string): Told[] {
    const message = append(room, me, { kind: 'event', event: { type: 'added', user_ids: [id] } });
    const member = memberOf(id, message.seq);
    room.members.push(member);
    if (id === me) {
      room.removedAt = undefined;
      return [
        { type: 'created', conversation: mine(room, member) },
        { type: 'received', message },
      ];
    }
    if (memberIn(room, me) === undefined) return [];
    return [
      { type: 'received', message },
      { type: 'changed', conversation: forAll(room) },
    ];
  }

  function act(room: Room, { kind, who, which }: Deed): Told[] {
    const user = users[who % users.length] ?? me;
    const actor = memberIn(room, user);
    const reader = memberIn(room, me);
    if (kind === 'add') return actor === undefined ? add(room, user) : [];
    if (actor === undefined) return [];
    if (kind === 'remove') return room.members.length > 1 ? remove(room, user) : [];
    if (kind === 'read') return read(room, actor, 1 + (which % room.log.length));
    if (kind === 'send') {
      const message = append(room, user, { content_encrypted: `text ${which}` });
      return reader === undefined ? [] : [{ type: 'received', message }];
    }
    if (kind === 'rename') {
      room.title = `Title ${which}`;
      const event = { type: 'title' as const, title: room.title };
      const message = append(room, user, { kind: 'event', event });
      if (reader === undefined) return [];
      return [
        { type: 'received', message },
        { type: 'changed', conversation: forAll(room) },
      ];
    }
    const target = room.log[which % room.log.length];
    if (target?.kind !== 'message' || target.deleted_at !== null) return [];
    const content: Partial<Message> =
      kind === 'edit'
        ? { content_encrypted: `edit ${clock}`, edited_at: TIME }
        : kind === 'delete'
          ? { content_encrypted: null, deleted_at: TIME, reactions: [] }
          : { reactions: [{ emoji: '👍', user_ids: [user] }] };
    const message = change(room, target.seq, content);
    if (reader === undefined || target.seq < reader.joined_seq) return [];
    const updated: Told = { type: 'updated', message };
    if (kind !== 'delete') return [updated];
    const readSeq = reader.read_seq;
    const unreadCount = unreadOf(room, reader);
    return [updated, { type: 'unread', conversationId: room.id, unreadCount, readSeq }];
  }

  const ours = (): { room: Room; member: Member }[] =>
    rooms.flatMap((room) => {
      const member = memberIn(room, me);
      return member === undefined ? [] : { room, member };
    });

  return {
    me,
    do(deed) {
      const room = rooms[deed.room % rooms.length];
      return room === undefined ? [] : act(room, deed);
    },
    fresh: () => ({
      conversations: ours().map(({ room, member }) => mine(room, member)),
      history: ours().flatMap(({ room, member }) =>
        room.log.filter(({ seq }) => seq >= member.joined_seq).map(wire),
      ),
    }),
    sync(position = clock) {
      const changed = ours().filter(
        ({ room, member }) => room.at > position || member.moved > position,
      );
      return {
        conversations: changed.map(({ room, member }) => mine(room, member)),
        removed: rooms.filter(({ removedAt = -1 }) => removedAt > position).map(({ id }) => id),
        messages: changed.flatMap(({ room, member }) =>
          room.log.filter(({ seq, at }) => seq >= member.joined_seq && at > position).map(wire),
        ),
        receipts: ours().flatMap(({ room }) =>
          room.members
            .filter(({ moved }) => moved > position)
            .map(({ user_id, delivered_seq, read_seq }) => ({
              ...{ conversation_id: room.id, user_id, delivered_seq, read_seq },
            })),
        ),
        position: clock,
      };
    },
  };
}
