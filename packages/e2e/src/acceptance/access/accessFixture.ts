import { randomUUID } from 'node:crypto';
import type { Instance, People, Person } from '@chasqui/testkit';

/** The caller's relation to the conversation in question. */
export const relations = [
  'anonymous',
  'stranger',
  'removed',
  'administrator',
  'member',
  'sender',
  'moderator',
  'admin',
] as const;
export type Relation = (typeof relations)[number];

/** Authenticated callers who must learn nothing about a conversation, including the instance's administrator. */
export const outsiders = ['stranger', 'removed', 'administrator'] as const;

/** The people of an access test, the same for every conversation. */
export interface AccessPeople extends Record<Exclude<Relation, 'anonymous'>, Person> {
  /** Created the conversation on the other node; its admin. */
  owner: Person;
  /** The member whom calls act upon. */
  target: Person;
  /** In no conversation. */
  guest: Person;
  /** In no conversation; to be blocked. */
  neighbour: Person;
  /** In no conversation; administrators act upon this user. */
  bystander: Person;
  /** In no conversation; has not answered an invitation. */
  asked: Person;
}

/** A conversation and the ids in it that calls refer to. */
export interface AccessTarget {
  groupId: string;
  /** A message of the sender. */
  messageId: string;
  seq: number;
  targetId: string;
  targetSessionId: string;
  guestId: string;
  guestName: string;
  neighbourId: string;
  bystanderId: string;
  /** A pending request to `asked`. */
  requestId: string;
  /** Texts that no answer to an outsider may contain. */
  secrets: string[];
}

/** Registers the people, and starts a second node that knows the administrator. */
export async function createAccessPeople(
  instance: Instance,
  people: People,
): Promise<AccessPeople> {
  const cast = await people.registerAll(
    ...(['stranger', 'removed', 'administrator', 'member', 'sender', 'moderator'] as const),
    ...(['admin', 'owner', 'target', 'guest', 'neighbour', 'bystander', 'asked'] as const),
  );
  await cast.asked.call('changePrivacy', { body: { who_can_add: 'known' } });
  await people.group(cast.guest, cast.asked);
  await instance.addNode({ ADMIN_USERNAMES: cast.administrator.username });
  return cast;
}

/** A group in which people have the roles of their names, with a message of the sender. */
export async function createGroupTarget(cast: AccessPeople): Promise<AccessTarget> {
  const { owner, removed, member, sender, moderator, admin, target } = cast;
  const title = `title ${randomUUID()}`;
  const inside = [removed, member, sender, moderator, admin, target];
  const body = { title, participant_ids: inside.map(({ id }) => id) };
  const { id } = (await owner.call('createGroup', { body })).body;
  const of = (person: Person) => ({ id, userId: person.id });
  await Promise.all([
    owner.call('changeRole', { params: of(moderator), body: { role: 'moderator' } }),
    owner.call('changeRole', { params: of(admin), body: { role: 'admin' } }),
    owner.call('removeParticipant', { params: of(removed) }),
  ]);
  return describeTarget(cast, id, title);
}

/** A direct conversation of sender and target; everybody else is an outsider. */
export async function createDirectTarget(cast: AccessPeople): Promise<AccessTarget> {
  const { sender, target } = cast;
  const { id } = (await sender.call('createDirect', { body: { user_id: target.id } })).body;
  return describeTarget(cast, id);
}

async function describeTarget(cast: AccessPeople, groupId: string, ...secrets: string[]) {
  const { sender, target, guest, neighbour, bystander, asked } = cast;
  const content = `content ${randomUUID()}`;
  const message = await sender.send(groupId, content);
  const { sessions } = (await target.call('listSessions')).body;
  const { requests } = (await asked.call('listRequests')).body;
  return {
    ...{ groupId, messageId: message.id, seq: message.seq, targetId: target.id },
    targetSessionId: sessions[0]?.id ?? '',
    requestId: requests[0]?.id ?? '',
    ...{ guestId: guest.id, guestName: guest.username, neighbourId: neighbour.id },
    bystanderId: bystander.id,
    secrets: [...secrets, content, groupId, message.id],
  };
}

/** The same target with ids that do not exist. */
export function createPhantom(target: AccessTarget): AccessTarget {
  return {
    ...target,
    groupId: randomUUID(),
    messageId: randomUUID(),
    targetSessionId: randomUUID(),
    requestId: randomUUID(),
    secrets: [],
  };
}

/** The complete state of a conversation, as returned to its owner or sender. */
export async function stateOf(target: AccessTarget, insider: Person): Promise<unknown> {
  const { groupId: id, messageId } = target;
  const [conversation, participants, history, status] = await Promise.all([
    insider.conversation(id),
    insider.call('listParticipants', { params: { id } }),
    insider.history(id),
    insider.call('readStatus', { params: { messageId } }),
  ]);
  return { conversation, participants: participants.body, history, status: status.body };
}
