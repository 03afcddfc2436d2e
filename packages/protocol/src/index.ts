// The protocol: schemas and types of commands, events, REST endpoints, entities and errors, with all limits.

export type { Acknowledgement } from './commands/acknowledgement';
export { authRefresh } from './commands/authRefresh';
export { type Command, type CommandAnswer, noAnswer } from './commands/command';
export { messageDelivered } from './commands/messageDelivered';
export { messageRead } from './commands/messageRead';
export { type MessageSend, messageSend, type MessageSendAnswer } from './commands/messageSend';
export { presenceOffline } from './commands/presenceOffline';
export { presenceOnline } from './commands/presenceOnline';
export { sync } from './commands/sync';
export { typing } from './commands/typing';
export { asyncApiDocument } from './documents/asyncapi';
export { createJsonSchemas, type JsonSchema } from './documents/jsonSchemas';
export { openApiDocument } from './documents/openapi';
export {
  type Bar,
  type Conversation,
  type ConversationForAll,
  conversationForAllSchema,
  conversationSchema,
  type MyParticipation,
  type Participant,
  participantSchema,
} from './entities/conversation';
export { type ConversationRole, conversationRoles, isAtLeast } from './entities/conversationRole';
export {
  type BriefMessage,
  type ConversationEvent,
  type Message,
  messageSchema,
  messageType,
  type MessageType,
  type Reaction,
} from './entities/message';
export { leastFar, type MessageStatus, type Receipt, receiptSchema } from './entities/receipt';
export {
  type GroupInvitation,
  type OpenedRequest,
  openedRequestSchema,
  type Request,
  requestSchema,
} from './entities/request';
export { type Sync, syncSchema } from './entities/sync';
export { type Presence, type PresenceStatus, type User, userSchema } from './entities/user';
export { errorFromWire } from './errors/errorFromWire';
export {
  ChasquiError,
  ConflictError,
  type ErrorBody,
  errorBodySchema,
  type ErrorName,
  ForbiddenError,
  InternalError,
  NotFoundError,
  RateLimitError,
  UnauthorizedError,
  UnavailableError,
  ValidationError,
  type WireError,
  wireErrorSchema,
} from './errors/errors';
export { type BlockChanged, blockChanged } from './events/user/blockChanged';
export { conversationCreated } from './events/conversation/conversationCreated';
export { conversationRemoved } from './events/conversation/conversationRemoved';
export { conversationUpdated } from './events/conversation/conversationUpdated';
export { messageReceived } from './events/message/messageReceived';
export {
  messageStatusUpdated,
  type MessageStatusUpdated,
} from './events/message/messageStatusUpdated';
export { messageUpdated } from './events/message/messageUpdated';
export { messagesReceived } from './events/message/messagesReceived';
export { privacyChanged } from './events/user/privacyChanged';
export { queueEmpty } from './events/connection/queueEmpty';
export { requestsChanged, type RequestsChanged } from './events/user/requestsChanged';
export {
  createEvent,
  createEventFromJson,
  type EventAddress,
  type EventData,
  isEventOf,
  type Recipients,
  type ServerEvent,
} from './events/serverEvent';
export { type SessionReady, sessionReady } from './events/connection/sessionReady';
export { type UnreadUpdated, unreadUpdated } from './events/conversation/unreadUpdated';
export { type UserStatusChanged, userStatusChanged } from './events/user/userStatusChanged';
export { userTyping } from './events/conversation/userTyping';
export {
  bearerToken,
  type Handshake,
  type HandshakeAuth,
  parseDeviceId,
  parseHandshake,
} from './handshake';
export {
  BATCH_MAX,
  COMMAND_TIMEOUT_MS,
  INVITATION_DAYS_MAX,
  INVITATION_MAX,
  INVITATION_USES_MAX,
  INVITATIONS_PER_DAY,
  MAX_FRAME_BYTES,
  PAGE_DEFAULT,
  PAGE_MAX,
  PAGE_MAX_BYTES,
  PARTICIPANTS_EMBEDDED_MAX,
  PARTICIPANTS_PREVIEW,
  PASSWORD_MAX,
  PASSWORD_MIN,
  PROTOCOL,
  REACTION_KINDS_MAX,
  REACTION_USERS_MAX,
  REACTIONS_PER_USER_MAX,
  REQUEST_CONTENT_MAX_BYTES,
  REQUEST_MESSAGES_MAX,
  REQUESTS_IN_SYNC,
  REQUESTS_PER_DAY,
  RETENTION_MAX_S,
  RETENTION_MIN_S,
  SESSIONS_LISTED_MAX,
  TITLE_MAX,
  TOKEN_MAX,
  TYPING_EXPIRES_MS,
  USER_AGENT_MAX,
  USERNAME_MAX,
  USERNAME_MIN,
  WINDOW,
} from './limits';
export { deleteMe } from './rest/account/account';
export {
  changePassword,
  login,
  logout,
  refresh,
  register,
  type Session,
  sessionSchema,
} from './rest/account/auth';
export {
  EXPORT_VERSION,
  exportMe,
  type ExportRecord,
  exportRecordSchema,
} from './rest/account/export';
export { readMercureToken } from './rest/account/mercureToken';
export {
  type Audience,
  changePrivacy,
  type Privacy,
  privacySchema,
  readPrivacy,
} from './rest/account/privacy';
export {
  endOtherSessions,
  endSession,
  type ListedSession,
  listSessions,
} from './rest/account/sessions';
export { findUsers, readMe, readUser } from './rest/account/users';
export {
  type DeadLetter,
  deadLetterSchema,
  listDeadLetters,
  purgeDeadLetter,
  retryDeadLetter,
} from './rest/admin/admin';
export {
  createInvitation,
  type Invitation,
  invitationSchema,
  listInvitations,
  revokeInvitation,
} from './rest/admin/invitations';
export {
  type Health,
  healthSchema,
  type Readiness,
  type RegistrationMode,
} from './rest/admin/operation';
export {
  type AdministeredUser,
  administeredUserSchema,
  endSessionsOfUser,
  listPeople,
  setTemporaryPassword,
  suspendUser,
  unsuspendUser,
} from './rest/admin/people';
export {
  type GrantedRole,
  grantRole,
  instanceRole,
  type InstanceRole,
  instanceRoles,
  listRoles,
  revokeRole,
} from './rest/admin/roles';
export { type Block, blockUser, listBlocks, unblockUser } from './rest/chat/blocks';
export {
  createDirect,
  createGroup,
  listConversations,
  readConversation,
  renameConversation,
} from './rest/chat/conversations';
export { readStatus, type RecipientStatus, reportStatus } from './rest/chat/messageStatus';
export { deleteMessage, editMessage, readHistory, sendMessage } from './rest/chat/messages';
export {
  addParticipant,
  changeRole,
  listParticipants,
  removeParticipant,
} from './rest/chat/participants';
export { addReaction, removeReaction, removeReactionNamed } from './rest/chat/reactions';
export {
  acceptRequest,
  declineRequest,
  listInvited,
  listRequests,
  readRequest,
} from './rest/chat/requests';
export { readSync } from './rest/chat/sync';
export type { AnswerOf, Endpoint } from './rest/endpoint';
export { type EndpointName, endpoints } from './rest/endpoints';
export { paged } from './rest/query';
export {
  type ClientToServerEvents,
  type CommandData,
  type CommandName,
  type CommandResult,
  commands,
  isServerEventName,
  type ServerEventName,
  serverEvents,
  type ServerToClientEvents,
} from './socket';
export { canonicalEmoji } from './text/emoji';
export { searchForm } from './text/searchForm';
export {
  clientMessageId,
  contentEncrypted,
  cursor,
  deviceId,
  displayName,
  email,
  reactionEmoji,
  token,
  username,
} from './text/text';
export { capabilities, type Capability } from './values/capabilities';
export { parseEmail } from './values/emailAddress';
export { isUuid, position, seqNumber, uuid, version } from './values/ids';
export { parseWith } from './values/parse';
export { timestamp } from './values/time';
