import { randomUUID } from 'node:crypto';
import type { CommandName, EndpointName, ErrorName } from '@chasqui/protocol';
import type { Ask } from '@chasqui/testkit';
import type { AccessTarget } from './accessFixture';

// Who may use each endpoint and command. One without a row does not compile.

/** One outcome per relation, in their order. */
type Outcomes<T> = readonly [
  anonymous: T,
  stranger: T,
  removed: T,
  administrator: T,
  member: T,
  sender: T,
  moderator: T,
  admin: T,
];

export interface RestRow {
  /** Expected status codes. */
  expected: Outcomes<number>;
  ask?: (target: AccessTarget) => Ask;
  /** The call ends the caller's session. */
  endsSession?: true;
  /** The call changes the caller's account, so each call needs a new user. */
  usesUpAccount?: true;
  /** The target needs a dead letter before the call. */
  needsDeadLetter?: true;
}

const all = (status: number): Outcomes<number> => {
  return [status, status, status, status, status, status, status, status];
};
const loggedIn = (status: number): Outcomes<number> => {
  return [401, status, status, status, status, status, status, status];
};
const participants = (status: number): Outcomes<number> => {
  return [401, 404, 404, 404, status, status, status, status];
};
const ofInstance = (status: number): Outcomes<number> => {
  return [401, 404, 404, status, 404, 404, 404, 404];
};

const ofGroup = ({ groupId: id }: AccessTarget): Ask => ({ params: { id } });
const ofMessage = ({ messageId }: AccessTarget): Ask => ({ params: { messageId } });
const ofRequest = ({ requestId: id }: AccessTarget): Ask => ({ params: { id } });
const ofTarget = ({ groupId, targetId }: AccessTarget): Ask => ({
  params: { id: groupId, userId: targetId },
});

export const restTable: Record<EndpointName, RestRow> = {
  register: {
    expected: all(201),
    ask: () => {
      const username = `u_${randomUUID().slice(0, 8)}`;
      return { body: { username, email: `${username}@example.org`, password: 'eight888' } };
    },
  },
  login: {
    expected: all(401),
    ask: ({ guestName }) => ({ body: { username: guestName, password: 'guessed it' } }),
  },
  refresh: { expected: all(401), ask: () => ({ body: { refresh_token: 'guessed' } }) },
  logout: { expected: loggedIn(204), endsSession: true },
  changePassword: {
    expected: loggedIn(200),
    ask: () => ({ body: { current_password: 'correct horse', new_password: 'battery staple' } }),
    usesUpAccount: true,
  },
  listSessions: { expected: loggedIn(200) },
  // Sessions belong to their owner alone, regardless of roles in conversations.
  endSession: {
    expected: loggedIn(404),
    ask: ({ targetSessionId: id }) => ({ params: { id } }),
  },
  endOtherSessions: { expected: loggedIn(204), usesUpAccount: true },
  readMe: { expected: loggedIn(200) },
  deleteMe: {
    expected: loggedIn(204),
    ask: () => ({ body: { password: 'correct horse' } }),
    usesUpAccount: true,
  },
  exportMe: { expected: loggedIn(200) },
  findUsers: { expected: loggedIn(200) },
  readUser: { expected: loggedIn(200), ask: ({ targetId: id }) => ({ params: { id } }) },
  blockUser: { expected: loggedIn(204), ask: ({ neighbourId: id }) => ({ params: { id } }) },
  unblockUser: { expected: loggedIn(204), ask: ({ neighbourId: id }) => ({ params: { id } }) },
  listBlocks: { expected: loggedIn(200) },
  readPrivacy: { expected: loggedIn(200) },
  changePrivacy: { expected: loggedIn(200), ask: () => ({ body: { who_can_add: 'everybody' } }) },
  // Only the recipient may see a request, and no caller is the recipient.
  listRequests: { expected: loggedIn(200) },
  readRequest: { expected: loggedIn(404), ask: ofRequest },
  acceptRequest: { expected: loggedIn(404), ask: ofRequest },
  declineRequest: { expected: loggedIn(404), ask: ofRequest },
  createDirect: {
    expected: [401, 201, 201, 201, 201, 201, 201, 201],
    ask: ({ guestId }) => ({ body: { user_id: guestId } }),
  },
  createGroup: {
    expected: loggedIn(201),
    ask: ({ guestId }) => ({ body: { title: 'Mine', participant_ids: [guestId] } }),
  },
  listConversations: { expected: loggedIn(200) },
  readConversation: { expected: participants(200), ask: ofGroup },
  renameConversation: {
    expected: [401, 404, 404, 404, 403, 403, 200, 200],
    ask: (target) => ({ ...ofGroup(target), body: { title: 'Renamed' } }),
  },
  listParticipants: { expected: participants(200), ask: ofGroup },
  addParticipant: {
    expected: [401, 404, 404, 404, 403, 403, 201, 201],
    ask: (target) => ({ ...ofGroup(target), body: { user_id: target.guestId } }),
  },
  changeRole: {
    expected: [401, 404, 404, 404, 403, 403, 403, 200],
    ask: (target) => ({ ...ofTarget(target), body: { role: 'moderator' } }),
  },
  removeParticipant: { expected: [401, 404, 404, 404, 403, 403, 204, 204], ask: ofTarget },
  listInvited: { expected: participants(200), ask: ofGroup },
  sendMessage: {
    expected: participants(201),
    ask: ({ groupId }) => ({ body: { conversation_id: groupId, content_encrypted: 'hello' } }),
  },
  readHistory: {
    expected: participants(200),
    ask: ({ groupId }) => ({ params: { conversationId: groupId } }),
  },
  editMessage: {
    expected: [401, 404, 404, 404, 403, 200, 403, 403],
    ask: (target) => ({ ...ofMessage(target), body: { content_encrypted: 'changed' } }),
  },
  deleteMessage: { expected: [401, 404, 404, 404, 403, 204, 204, 204], ask: ofMessage },
  reportStatus: {
    expected: participants(200),
    ask: (target) => ({ ...ofMessage(target), body: { status: 'read' } }),
  },
  readStatus: { expected: participants(200), ask: ofMessage },
  addReaction: {
    expected: participants(201),
    ask: (target) => ({ ...ofMessage(target), body: { emoji: '👍' } }),
  },
  removeReaction: {
    expected: participants(204),
    ask: ({ messageId }) => ({ params: { messageId, emoji: '👍' } }),
  },
  removeReactionNamed: {
    expected: participants(204),
    ask: ({ messageId }) => ({ params: { messageId }, query: { emoji: '👍' } }),
  },
  readSync: { expected: loggedIn(200) },
  readMercureToken: { expected: loggedIn(200) },
  // For the instance's administrator, who has no rights in conversations; conversation admins have none here.
  listDeadLetters: { expected: ofInstance(200) },
  retryDeadLetter: {
    expected: ofInstance(204),
    ask: ({ targetId }) => ({ params: { userId: targetId } }),
    needsDeadLetter: true,
  },
  purgeDeadLetter: {
    expected: ofInstance(204),
    ask: ({ targetId }) => ({ params: { userId: targetId } }),
    needsDeadLetter: true,
  },
  listRoles: { expected: ofInstance(200) },
  // For owners only; the administrator of this table is not one.
  grantRole: {
    expected: ofInstance(403),
    ask: ({ targetId }) => ({ params: { userId: targetId }, body: { role: 'admin' } }),
  },
  revokeRole: {
    expected: ofInstance(403),
    ask: ({ targetId }) => ({ params: { userId: targetId } }),
  },
  listPeople: { expected: ofInstance(200) },
  suspendUser: {
    expected: ofInstance(204),
    ask: ({ bystanderId }) => ({ params: { userId: bystanderId } }),
  },
  unsuspendUser: {
    expected: ofInstance(204),
    ask: ({ bystanderId }) => ({ params: { userId: bystanderId } }),
  },
  endSessionsOfUser: {
    expected: ofInstance(204),
    ask: ({ bystanderId }) => ({ params: { userId: bystanderId } }),
  },
  setTemporaryPassword: {
    expected: ofInstance(200),
    ask: ({ bystanderId }) => ({ params: { userId: bystanderId } }),
  },
  listInvitations: { expected: ofInstance(200) },
  createInvitation: { expected: ofInstance(201), ask: () => ({ body: { max_uses: 2 } }) },
  revokeInvitation: {
    expected: ofInstance(404),
    ask: ({ neighbourId: id }) => ({ params: { id } }),
  },
  readHealth: { expected: all(200) },
  readReadiness: { expected: all(200) },
};

export interface CommandRow {
  expected: Outcomes<'success' | ErrorName>;
  data: (target: AccessTarget, token: string) => unknown;
}

// An anonymous client has no row, because the handshake refuses it.
const connected: CommandRow['expected'] = [
  'UnauthorizedError',
  ...(['success', 'success', 'success', 'success', 'success', 'success', 'success'] as const),
];
const participating: CommandRow['expected'] = [
  'UnauthorizedError',
  ...(['NotFoundError', 'NotFoundError', 'NotFoundError'] as const),
  ...(['success', 'success', 'success', 'success'] as const),
];

export const commandTable: Record<CommandName, CommandRow> = {
  'chat:message_send': {
    expected: participating,
    data: ({ groupId }) => ({ conversationId: groupId, contentEncrypted: 'hello' }),
  },
  'chat:message_delivered': {
    expected: participating,
    data: ({ groupId, seq }) => ({ conversationId: groupId, seq }),
  },
  'chat:message_read': { expected: participating, data: ({ messageId }) => ({ messageId }) },
  'chat:typing': {
    expected: participating,
    data: ({ groupId }) => ({ conversationId: groupId, isTyping: true }),
  },
  'presence:online': { expected: connected, data: () => ({}) },
  'presence:offline': { expected: connected, data: () => ({}) },
  'chat:sync': { expected: connected, data: () => ({}) },
  'auth:refresh': { expected: connected, data: (_target, token) => ({ token }) },
};
