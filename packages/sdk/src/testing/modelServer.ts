import type {
  Conversation,
  ConversationForAll,
  Message,
  Participant,
  Receipt,
} from '@chasqui/protocol';

/** An event that the server sends to the reader. */
export type ModelEvent =
  | { type: 'received'; message: Message }
  | { type: 'updated'; message: Message }
  | { type: 'status'; receipt: Receipt }
  | { type: 'unread'; conversationId: string; unreadCount: number; readSeq: number }
  | { type: 'created'; conversation: Conversation }
  | { type: 'changed'; conversation: ConversationForAll }
  | { type: 'removed'; conversationId: string };

/** An action of a user. Its numbers, which a property test generates, select the group, the user and the entry. */
export interface Action {
  kind: 'send' | 'edit' | 'delete' | 'react' | 'read' | 'rename' | 'remove' | 'add';
  group: number;
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
  /** Returns the events that the reader receives, in order; none when the action is not possible. */
  do(action: Action): ModelEvent[];
  /** The reader's conversations and history, as a fresh client fetches them. */
  fresh(): { conversations: Conversation[]; history: Message[] };
  /** The changes since a position; without one, an empty page with the current position. */
  sync(position?: number): ModelSync;
}

interface Member extends Participant {
  /** Time of the last change of their positions. */
  moved: number;
}

interface Group {
  id: string;
  title: string;
  version: number;
  log: (Message & { at: number })[];
  members: Member[];
  /** Times of the last change and of the reader's removal. */
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
 * Groups by the rules of the contract, in memory and for one reader. It is small enough to be checked by reading, so that
 * tests can compare a client's state with it after thousands of random actions.
 */
export function createModelServer({ groups: groupCount = 2, people = 4 } = {}): ModelServer {
  const users = Array.from({ length: people }, (_, i) => idOf(1, i));
  const me = users[0] ?? '';
  let clock = 0;
  let messages = 0;
  const groups = Array.from({ length: groupCount }, (_, i): Group => {
    const group: Group = {
      ...{ id: idOf(2, i), title: 'A group', version: 0, log: [], members: [] },
      ...{ at: 0, removedAt: undefined },
    };
    append(group, me, {
      kind: 'event',
      event: { type: 'created', title: 'A group', user_ids: users },
    });
    group.members = users.map((id) => memberOf(id, 1));
    return group;
  });

  function memberOf(id: string, seq: number): Member {
    const at = { joined_seq: seq, delivered_seq: seq, read_seq: seq };
    const name = { username: `user${users.indexOf(id)}`, display_name: 'A User' };
    return { user_id: id, ...name, role: 'member', joined_at: TIME, ...at, moved: clock };
  }

  function append(group: Group, sender: string, more: Partial<Message>): Message {
    group.version += 1;
    clock += 1;
    group.at = clock;
    const message: Message & { at: number } = {
      ...{ id: idOf(3, messages++), conversation_id: group.id, seq: group.log.length + 1 },
      ...{ version: group.version, kind: 'message', sender_id: sender, client_message_id: null },
      ...{ message_type: 'text', content_encrypted: null, reply_to_id: null, created_at: TIME },
      ...{ edited_at: null, deleted_at: null, reactions: [], status: 'sent' },
      ...more,
      at: clock,
    };
    group.log.push(message);
    return wire(message);
  }

  function change(group: Group, seq: number, more: Partial<Message>): Message {
    group.version += 1;
    clock += 1;
    group.at = clock;
    const before = group.log[seq - 1];
    if (before === undefined) throw new Error(`there is no ${seq}`);
    const after = { ...before, ...more, version: group.version, at: clock };
    group.log[seq - 1] = after;
    return wire(after);
  }

  const memberIn = (group: Group, id: string): Member | undefined =>
    group.members.find(({ user_id }) => user_id === id);

  const unreadOf = (group: Group, member: Member): number =>
    group.log.filter(
      ({ seq, kind, deleted_at, sender_id }) =>
        seq > member.read_seq &&
        kind === 'message' &&
        deleted_at === null &&
        sender_id !== member.user_id,
    ).length;

  function forAll(group: Group): ConversationForAll {
    // The newest message, not the newest entry, and only what the reader's membership covers.
    const from = memberIn(group, me)?.joined_seq ?? 0;
    const last = group.log.findLast(({ kind, seq }) => kind === 'message' && seq >= from);
    return {
      ...{ id: group.id, type: 'group', title: group.title, created_by: me, created_at: TIME },
      ...{ updated_at: TIME, version: group.version, last_seq: group.log.length },
      retention_s: null,
      retention_from_seq: 1,
      history_request: null,
      barred: null,
      request: null,
      participant_count: group.members.length,
      last_message: last === undefined ? null : wire(last),
      participants: group.members.map(({ moved: _moved, ...one }) => one),
    };
  }

  function mine(group: Group, member: Member): Conversation {
    const { role, joined_seq, delivered_seq, read_seq } = member;
    const my = { role, joined_seq, delivered_seq, read_seq, unread_count: unreadOf(group, member) };
    return { ...forAll(group), my };
  }

  function read(group: Group, reader: Member, seq: number): ModelEvent[] {
    if (seq <= reader.read_seq) return [];
    clock += 1;
    reader.read_seq = seq;
    reader.delivered_seq = Math.max(reader.delivered_seq, seq);
    reader.moved = clock;
    const conversationId = group.id;
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
    return [{ type: 'unread', conversationId, unreadCount: unreadOf(group, reader), readSeq }];
  }

  function remove(group: Group, id: string): ModelEvent[] {
    const wasIn = memberIn(group, me) !== undefined;
    group.members = group.members.filter(({ user_id }) => user_id !== id);
    const message = append(group, id, { kind: 'event', event: { type: 'left', user_ids: [id] } });
    if (id === me) {
      group.removedAt = clock;
      return [{ type: 'removed', conversationId: group.id }];
    }
    if (!wasIn) return [];
    return [
      { type: 'received', message },
      { type: 'changed', conversation: forAll(group) },
    ];
  }

  function add(group: Group, id: string): ModelEvent[] {
    const message = append(group, me, { kind: 'event', event: { type: 'added', user_ids: [id] } });
    const member = memberOf(id, message.seq);
    group.members.push(member);
    if (id === me) {
      group.removedAt = undefined;
      return [
        { type: 'created', conversation: mine(group, member) },
        { type: 'received', message },
      ];
    }
    if (memberIn(group, me) === undefined) return [];
    return [
      { type: 'received', message },
      { type: 'changed', conversation: forAll(group) },
    ];
  }

  function act(group: Group, { kind, who, which }: Action): ModelEvent[] {
    const user = users[who % users.length] ?? me;
    const actor = memberIn(group, user);
    const reader = memberIn(group, me);
    if (kind === 'add') return actor === undefined ? add(group, user) : [];
    if (actor === undefined) return [];
    if (kind === 'remove') return group.members.length > 1 ? remove(group, user) : [];
    if (kind === 'read') return read(group, actor, 1 + (which % group.log.length));
    if (kind === 'send') {
      const message = append(group, user, { content_encrypted: `text ${which}` });
      return reader === undefined ? [] : [{ type: 'received', message }];
    }
    if (kind === 'rename') {
      group.title = `Title ${which}`;
      const event = { type: 'title' as const, title: group.title };
      const message = append(group, user, { kind: 'event', event });
      if (reader === undefined) return [];
      return [
        { type: 'received', message },
        { type: 'changed', conversation: forAll(group) },
      ];
    }
    const target = group.log[which % group.log.length];
    if (target?.kind !== 'message' || target.deleted_at !== null) return [];
    const content: Partial<Message> =
      kind === 'edit'
        ? { content_encrypted: `edit ${clock}`, edited_at: TIME }
        : kind === 'delete'
          ? { content_encrypted: null, deleted_at: TIME, reactions: [] }
          : { reactions: [{ emoji: '👍', user_ids: [user] }] };
    const message = change(group, target.seq, content);
    if (reader === undefined || target.seq < reader.joined_seq) return [];
    const updated: ModelEvent = { type: 'updated', message };
    if (kind !== 'delete') return [updated];
    const readSeq = reader.read_seq;
    const unreadCount = unreadOf(group, reader);
    return [updated, { type: 'unread', conversationId: group.id, unreadCount, readSeq }];
  }

  const ours = (): { group: Group; member: Member }[] =>
    groups.flatMap((group) => {
      const member = memberIn(group, me);
      return member === undefined ? [] : { group, member };
    });

  return {
    me,
    do(action) {
      const group = groups[action.group % groups.length];
      return group === undefined ? [] : act(group, action);
    },
    fresh: () => ({
      conversations: ours().map(({ group, member }) => mine(group, member)),
      history: ours().flatMap(({ group, member }) =>
        group.log.filter(({ seq }) => seq >= member.joined_seq).map(wire),
      ),
    }),
    sync(position = clock) {
      const changed = ours().filter(
        ({ group, member }) => group.at > position || member.moved > position,
      );
      return {
        conversations: changed.map(({ group, member }) => mine(group, member)),
        removed: groups.filter(({ removedAt = -1 }) => removedAt > position).map(({ id }) => id),
        messages: changed.flatMap(({ group, member }) =>
          group.log.filter(({ seq, at }) => seq >= member.joined_seq && at > position).map(wire),
        ),
        receipts: ours().flatMap(({ group }) =>
          group.members
            .filter(({ moved }) => moved > position)
            .map(({ user_id, delivered_seq, read_seq }) => ({
              ...{ conversation_id: group.id, user_id, delivered_seq, read_seq },
            })),
        ),
        position: clock,
      };
    },
  };
}
