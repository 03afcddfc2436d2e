import { deleteMe } from './account';
import { exportMe } from './export';
import { listDeadLetters, purgeDeadLetter, retryDeadLetter } from './admin';
import { changePassword, login, logout, refresh, register } from './auth';
import { blockUser, listBlocks, unblockUser } from './blocks';
import {
  createDirect,
  createGroup,
  listConversations,
  readConversation,
  renameConversation,
} from './conversations';
import type { Endpoint } from './endpoint';
import { createInvitation, listInvitations, revokeInvitation } from './invitations';
import { deleteMessage, editMessage, readHistory, sendMessage } from './messages';
import { readStatus, reportStatus } from './messageStatus';
import { readHealth, readReadiness } from './operation';
import { addParticipant, changeRole, listParticipants, removeParticipant } from './participants';
import {
  endSessionsOfUser,
  listPeople,
  setTemporaryPassword,
  suspendUser,
  unsuspendUser,
} from './people';
import { changePrivacy, readPrivacy } from './privacy';
import { addReaction, removeReaction, removeReactionNamed } from './reactions';
import { acceptRequest, declineRequest, listInvited, listRequests, readRequest } from './requests';
import { grantRole, listRoles, revokeRole } from './roles';
import { endOtherSessions, endSession, listSessions } from './sessions';
import { readSync } from './sync';
import { findUsers, readMe, readUser } from './users';

/** The whole REST table by name, in the order of its documentation: what tests and documents walk through. */
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
