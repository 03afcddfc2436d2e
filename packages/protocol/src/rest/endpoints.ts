import { deleteMe } from './account/account';
import { exportMe } from './account/export';
import { listDeadLetters, purgeDeadLetter, retryDeadLetter } from './admin/admin';
import { changePassword, login, logout, refresh, register } from './account/auth';
import { blockUser, listBlocks, unblockUser } from './chat/blocks';
import {
  createDirect,
  createGroup,
  listConversations,
  readConversation,
  renameConversation,
} from './chat/conversations';
import type { Endpoint } from './endpoint';
import { createInvitation, listInvitations, revokeInvitation } from './admin/invitations';
import { deleteMessage, editMessage, readHistory, sendMessage } from './chat/messages';
import { readStatus, reportStatus } from './chat/messageStatus';
import { readHealth, readReadiness } from './admin/operation';
import {
  addParticipant,
  changeRole,
  listParticipants,
  removeParticipant,
} from './chat/participants';
import {
  endSessionsOfUser,
  listPeople,
  setTemporaryPassword,
  suspendUser,
  unsuspendUser,
} from './admin/people';
import { readMercureToken } from './account/mercureToken';
import { changePrivacy, readPrivacy } from './account/privacy';
import { addReaction, removeReaction, removeReactionNamed } from './chat/reactions';
import {
  acceptRequest,
  declineRequest,
  listInvited,
  listRequests,
  readRequest,
} from './chat/requests';
import { grantRole, listRoles, revokeRole } from './admin/roles';
import { endOtherSessions, endSession, listSessions } from './account/sessions';
import { readSync } from './chat/sync';
import { findUsers, readMe, readUser } from './account/users';

/** All REST endpoints by name, in documentation order. Tests and documents iterate over this table. */
export const endpoints = {
  register,
  login,
  refresh,
  logout,
  changePassword,
  listSessions,
  endSession,
  endOtherSessions,
  readMe,
  deleteMe,
  exportMe,
  readPrivacy,
  changePrivacy,
  findUsers,
  readUser,
  blockUser,
  unblockUser,
  listBlocks,
  listRequests,
  readRequest,
  acceptRequest,
  declineRequest,
  createDirect,
  createGroup,
  listConversations,
  readConversation,
  renameConversation,
  listParticipants,
  addParticipant,
  changeRole,
  removeParticipant,
  listInvited,
  sendMessage,
  readHistory,
  editMessage,
  deleteMessage,
  reportStatus,
  readStatus,
  addReaction,
  removeReaction,
  removeReactionNamed,
  readSync,
  readMercureToken,
  listDeadLetters,
  retryDeadLetter,
  purgeDeadLetter,
  listRoles,
  grantRole,
  revokeRole,
  listPeople,
  suspendUser,
  unsuspendUser,
  endSessionsOfUser,
  setTemporaryPassword,
  listInvitations,
  createInvitation,
  revokeInvitation,
  readHealth,
  readReadiness,
} as const satisfies Readonly<Record<string, Endpoint>>;

export type EndpointName = keyof typeof endpoints;
