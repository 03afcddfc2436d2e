export { connectDatabase, type Database, withTransaction } from './connection/connect';
export { describeError } from './connection/errors/describeError';
export { checkReadiness, NotReadyError } from './connection/readiness';
export { type Snapshot, withSnapshot } from './connection/snapshot';
export {
  guarded,
  isRefusal,
  isUnavailable,
  shortageOf,
  toStoreError,
} from './connection/errors/storeErrors';
export { whyRefused } from './connection/errors/whyRefused';
export { functions } from './functions/all';
export { CLOSED_AT_ONCE } from './functions/closeChanges';
export { isGone } from './functions/retention/expiredAt';
export { migrations } from './migrating/allMigrations';
export { migrateDatabase } from './migrating/migrateDatabase';
export { type Conversation, defineConversation } from './models/Conversation';
export { defineExternalIdentity, type ExternalIdentity } from './models/ExternalIdentity';
export { defineMessage, type Message } from './models/Message';
export { defineParticipant, type Participant } from './models/Participant';
export { defineRefreshToken, type RefreshToken } from './models/RefreshToken';
export { defineSession, type Session } from './models/Session';
export { defineUser, type User } from './models/User';
export { table } from './operator/plainTable';
export { CommandError, runOperatorCommand, userNamed } from './operator/operatorCommand';
export {
  type ConversationFacts,
  type EntryFacts,
  type MemberFacts,
  readConversationFacts,
  sampleConversations,
} from './operations/audit';
export {
  type DeadLetter,
  deadLetters,
  purgeDeadLetter,
  retryDeadLetters,
} from './operations/deadLetters';
export {
  allScheduledWakeups,
  type Backoff,
  claimWakeup,
  clearDeliveryErrors,
  deliveryCounts,
  insertMissingDeliveries,
  overdueWakeups,
  postponeActiveRecipients,
  recordDeliveryError,
  replaceOverdueJobs,
  restartBackoff,
  type ScheduledWakeup,
  clearPendingOfUsers,
  clearPendingOfUser,
  wakeupsWaitingFor,
} from './operations/deliveries';
export { fillSearchNames } from './operations/fillSearchNames';
export { type FindingSource, readFindings, recordFinding } from './operations/findings';
export { readCursorKey } from './operations/instanceKeys';
export { nameQuery, searchColumns } from './operations/searchNames';
export { integerArray, textArray, uuidArray } from './statements/binaryArrays';
export {
  column,
  columns,
  type Decoder,
  flag,
  json,
  listOf,
  nullable,
  number,
  oneOf,
  text,
} from './statements/columns';
export * as accountStatements from './statements/identity/accounts';
export * as directoryStatements from './statements/identity/directory';
export type { DirectoryEntry } from './statements/identity/directory';
export * as exportStatements from './statements/identity/export';
export * as invitationStatements from './statements/identity/invitations';
export * as roleStatements from './statements/identity/roles';
export * as sessionStatements from './statements/identity/sessions';
export { inTransaction } from './statements/queriers';
export {
  type Command,
  command,
  type Querier,
  type RawRow,
  type Statement,
  statement,
} from './statements/statement';
