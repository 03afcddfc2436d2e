/** The protocol number, reported by `session:ready` and `/healthz`. It rises when a name, code or promise changes. */
export const PROTOCOL = 1;

/** Bytes of a REST body or a socket frame. Larger ones are refused before they are parsed. */
export const MAX_FRAME_BYTES = 131_072;

/** Bytes of UTF-8 in a message: with JSON escapes and its envelope it still fits a frame. */
export const CONTENT_MAX_BYTES = 49_152;

/** Characters of a client message id: fits a UUID, a ULID or a custom id. */
export const CLIENT_MESSAGE_ID_MAX = 128;

/** Characters of a device id, which an installation chooses, usually a UUID. */
export const DEVICE_ID_MAX = 128;

/** Maximum items on any page. More is refused, so that one request cannot cost more than one page. */
export const PAGE_MAX = 100;

/** Default items on a page: about two screens of a chat. */
export const PAGE_DEFAULT = 50;

/** Bytes of a page. A larger page holds fewer items and reports that there are more. */
export const PAGE_MAX_BYTES = 1_048_576;

/** Characters of a cursor: opaque to clients, and short enough for any URL. */
export const CURSOR_MAX = 1_024;

/** Unacknowledged messages by others on a connection before sending pauses: bounds a slow reader. */
export const WINDOW = 1_000;

/** Messages in one `chat:messages_received`: larger frames gain little and cost latency. */
export const BATCH_MAX = 100;

/** Ids in a request that creates a group: as many as a body can hold. */
export const PARTICIPANT_IDS_MAX = 3_400;

/** Participants in a single conversation's JSON; the rest are paged. Above it, receipts are sent once a second. */
export const PARTICIPANTS_EMBEDDED_MAX = 100;

/** Participants of a conversation in lists and events: enough for a title and an avatar. */
export const PARTICIPANTS_PREVIEW = 5;

/** Milliseconds after which a typing indicator expires (D10). */
export const TYPING_EXPIRES_MS = 6_000;

/** Milliseconds within which every command is answered, if necessary with UnavailableError. */
export const COMMAND_TIMEOUT_MS = 10_000;

/** Characters of a conversation's title. */
export const TITLE_MAX = 200;

/** Seconds for which a conversation with retention keeps content: one minute to ten years. */
export const RETENTION_MIN_S = 60;
export const RETENTION_MAX_S = 315_360_000;

/** Characters of a display name: fits on a line. */
export const DISPLAY_NAME_MAX = 100;

/** Characters of a user name: short enough to type, long enough to be available. */
export const USERNAME_MIN = 3;
export const USERNAME_MAX = 32;

/** Characters kept of a user agent: browsers use about 120. */
export const USER_AGENT_MAX = 200;

/** Maximum sessions in the list. Users with more can end all of them at once. */
export const SESSIONS_LISTED_MAX = 100;

/** Characters of an address (RFC 5321, with its brackets taken off). */
export const EMAIL_MAX = 254;

/** Characters of a password; the upper end bounds the work of hashing. */
export const PASSWORD_MIN = 8;
export const PASSWORD_MAX = 200;

/** Bytes of a reaction: the longest emoji sequences take about 40. */
export const EMOJI_MAX_BYTES = 64;

/** Different reactions of one user on a message. */
export const REACTIONS_PER_USER_MAX = 10;

/** Different reactions on a message. */
export const REACTION_KINDS_MAX = 20;

/** Users listed per reaction; larger reactions have a count. Bounds a message in a large group. */
export const REACTION_USERS_MAX = 100;

/** Characters of an access or refresh token. */
export const TOKEN_MAX = 4_096;

/** Characters of an invitation's code; generated codes have 22. */
export const INVITATION_MAX = 100;

/** Registrations per invitation, and days for which it is valid: more would amount to open registration. */
export const INVITATION_USES_MAX = 10_000;
export const INVITATION_DAYS_MAX = 365;

/** Characters of a search for users. */
export const USER_QUERY_MAX = 100;

/** Messages in a direct conversation before the other person accepts it. */
export const REQUEST_MESSAGES_MAX = 5;

/** Bytes of UTF-8 in each of them. */
export const REQUEST_CONTENT_MAX_BYTES = 4_096;

/** Contact requests that a user may make in 24 hours. */
export const REQUESTS_PER_DAY = 20;

/** Group invitations that a user may make in 24 hours. */
export const INVITATIONS_PER_DAY = 200;

/** Requests in a sync; the rest are paged. */
export const REQUESTS_IN_SYNC = 50;
