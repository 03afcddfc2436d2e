import { randomUUID } from 'node:crypto';
import type { Instance, People, Person } from '@chasqui/testkit';

/** Who asks, as seen from the conversation that is asked about. */
export const relations = [
  'nobody',
  'stranger',
  'removed',
  'administrator',
  'member',
  'sender',
  'moderator',
  'admin',
] as const;
export type Relation = (typeof relations)[number];

/** Those who are logged in and must learn nothing of a conversation: the instance's administrator as well. */
export const outsiders = ['stranger', 'removed', 'administrator'] as const;

/** Everybody there is in an access test. They are the same in every room. */
export interface Cast extends Record<Exclude<Relation, 'nobody'>, Person> {
  /** Made the room, by the other node, and is its admin. */
  owner: Person;
  /** A member whom others act upon. */
  target: Person;
  /** In no room. */
  guest: Person;
  /** In no room either, and to be blocked. */
  neighbour: Person;
  /** In no room, and acted upon by administrators. */
  bystander: Person;
  /** In no room: has to be asked, and has not answered. */
  asked: Person;
}

/** A conversation to be asked about, and what may be asked about in it. */
export interface Room {
  groupId: string;
  /** Of the sender. */
  messageId: string;
  seq: number;
  targetId: string;
  targetSessionId: string;
  guestId: string;
  guestName: string;
  neighbourId: string;
  bystanderId: string;
  /** Waits for the answer of somebody who is nobody here. */
  requestId: string;
  /** What no outsider may ever be answered. */
  secrets: string[];
}

/** People on an instance of which the first node is theirs and the second one knows the administrator. */
export async function createCast(instance: Instance, people: People): Promise<Cast> {
  const cast = await people.registerAll(
    ...(['stranger', 'removed', 'administrator', 'member', 'sender', 'moderator'] as const),
    ...(['admin', 'owner', 'target', 'guest', 'neighbour', 'bystander', 'asked'] as const),
  );
  await cast.asked.call('changePrivacy', { body: { who_can_add: 'known' } });
  await people.group(cast.guest, cast.asked);
  await instance.addNode({ ADMIN_USERNAMES: cast.administrator.username });
  return cast;
}

/** A group in which everybody has the part that their name says, with a message of the sender. */
export async function createGroupRoom(cast: Cast): Promise<Room> {
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
  return roomAbout(cast, id, title);
}

/** A direct conversation of the sender and the target: everybody else is outside. */
export async function createDirectRoom(cast: Cast): Promise<Room> {
  const { sender, target } = cast;
  const { id } = (await sender.call('createDirect', { body: { user_id: target.id } })).body;
  return roomAbout(cast, id);
}

async function roomAbout(cast: Cast, groupId: string, ...secrets: string[]) {
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

/** The same questions about what does not exist. */
export function createPhantom(room: Room): Room {
  return {
    ...room,
    groupId: randomUUID(),
    messageId: randomUUID(),
    targetSessionId: randomUUID(),
    requestId: randomUUID(),
    secrets: [],
  };
}

/** All that a room consists of, as its owner or its sender is answered it. */
export async function stateOf(room: Room, insider: Person): Promise<unknown> {
  const { groupId: id, messageId } = room;
  const [conversation, participants, history, status] = await Promise.all([
    insider.conversation(id),
    insider.call('listParticipants', { params: { id } }),
    insider.history(id),
    insider.call('readStatus', { params: { messageId } }),
  ]);
  return { conversation, participants: participants.body, history, status: status.body };
}
