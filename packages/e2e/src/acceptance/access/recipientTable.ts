import type { ServerEventName } from '@chasqui/protocol';
import type { Device, People, Person } from '@chasqui/testkit';

// The recipients of each event, and what raises it. An event without a row here does not compile.

/** The watched devices, relative to a group and to the actor in it. */
export const recipientKinds = [
  /** The connection that the actor uses. */
  'own',
  /** Another device of the actor. */
  'other',
  /** Author of the messages that are read and reacted to. */
  'author',
  'member',
  'moderator',
  'admin',
  /** Is removed in the last row. */
  'leaver',
  /** A new device of the actor for each row. */
  'fresh',
  'removed',
  'stranger',
  /** Administrator of the instance. */
  'administrator',
] as const;
export type Recipient = (typeof recipientKinds)[number];

export interface EventFixture {
  people: People;
  actor: Person;
  author: Person;
  admin: Person;
  leaver: Person;
  groupId: string;
  own: Device;
  other: Device;
  fresh: Device;
}

export interface RecipientRow {
  raise: (fixture: EventFixture) => Promise<unknown>;
  receivedBy: readonly Recipient[];
}

const everybodyElse = ['other', 'author', 'member', 'moderator', 'admin', 'leaver'] as const;
const everybody = ['own', ...everybodyElse] as const;

export const recipientTable: Record<ServerEventName, RecipientRow> = {
  'session:ready': { raise: ({ fresh }) => fresh.connect(), receivedBy: ['fresh'] },
  'chat:queue_empty': {
    async raise({ fresh }) {
      await fresh.connect();
      await fresh.drained();
    },
    receivedBy: ['fresh'],
  },
  'chat:message_received': {
    raise: ({ own, groupId }) => own.send(groupId, 'hello'),
    receivedBy: everybodyElse,
  },
  'chat:messages_received': {
    async raise({ fresh, author, groupId }) {
      await fresh.connect();
      fresh.disconnect();
      for (let i = 0; i < 3; i += 1) await author.send(groupId, 'while it was away');
      await fresh.connect();
      await fresh.drained();
    },
    receivedBy: ['fresh'],
  },
  'chat:message_updated': {
    async raise({ actor, author, groupId }) {
      const { id: messageId } = await actor.send(groupId, 'with a mistake');
      const params = { messageId };
      await author.call('addReaction', { params, body: { emoji: '👍' } });
      await actor.call('editMessage', { params, body: { content_encrypted: 'without' } });
      await author.call('removeReaction', { params: { messageId, emoji: '👍' } });
      await actor.call('deleteMessage', { params });
    },
    receivedBy: everybody,
  },
  'chat:message_status_updated': {
    async raise({ own, author, groupId }) {
      const { seq } = await author.send(groupId, 'to be read');
      await own.read(groupId, seq);
    },
    receivedBy: ['author'],
  },
  'chat:unread_updated': {
    async raise({ own, author, groupId }) {
      const { seq } = await author.send(groupId, 'to be read as well');
      await own.read(groupId, seq);
    },
    receivedBy: ['own', 'other'],
  },
  'chat:block_changed': {
    async raise({ actor, author }) {
      const params = { id: author.id };
      await actor.call('blockUser', { params });
      await actor.call('unblockUser', { params });
    },
    receivedBy: ['own', 'other'],
  },
  'requests:changed': {
    async raise({ people, actor, author }) {
      const { id: user_id } = actor;
      await actor.call('changePrivacy', { body: { who_can_add: 'known' } });
      // A stranger to the actor.
      const host = await people.register();
      const { id } = await people.group(host, author);
      await host.call('addParticipant', { params: { id }, body: { user_id } });
      await actor.call('changePrivacy', { body: { who_can_add: 'everybody' } });
    },
    receivedBy: ['own', 'other'],
  },
  'privacy:changed': {
    raise: ({ actor }) => actor.call('changePrivacy', { body: { who_can_message: 'everybody' } }),
    receivedBy: ['own', 'other'],
  },
  'chat:user_typing': {
    async raise({ own, groupId }) {
      await own.ask('chat:typing', { conversationId: groupId, isTyping: true });
      await own.ask('chat:typing', { conversationId: groupId, isTyping: false });
    },
    receivedBy: ['author', 'member', 'moderator', 'admin', 'leaver'],
  },
  'user:status_changed': {
    async raise({ own, other }) {
      await own.ask('presence:offline');
      await other.ask('presence:offline');
      await own.ask('presence:online');
    },
    receivedBy: ['author', 'member', 'moderator', 'admin', 'leaver'],
  },
  'conversation:created': {
    raise: ({ people, actor, author, leaver }) => people.group(actor, author, leaver),
    receivedBy: ['own', 'other', 'author', 'leaver'],
  },
  'conversation:updated': {
    async raise({ people, admin, groupId: id }) {
      await admin.call('renameConversation', { params: { id }, body: { title: 'Renamed' } });
      const { id: user_id } = await people.register();
      await admin.call('addParticipant', { params: { id }, body: { user_id } });
      await admin.call('removeParticipant', { params: { id, userId: user_id } });
    },
    receivedBy: everybody,
  },
  'conversation:removed': {
    raise: ({ admin, leaver, groupId: id }) =>
      admin.call('removeParticipant', { params: { id, userId: leaver.id } }),
    receivedBy: ['leaver'],
  },
};
