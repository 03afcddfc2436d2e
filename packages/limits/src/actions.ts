import type { CommandName, EndpointName } from '@chasqui/protocol';

/** `perSecond` on average and up to `burst` at once. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** Who a kind of action is counted for. Where one is missing, nobody is counted that way. */
export interface ActionRates {
  user?: Rate;
  address?: Rate;
  /** One somebody at one address: who guesses at an account cannot use up what its owner has elsewhere. */
  pair?: Rate;
}

/** Behind one address many may sit: an office has ten times what each of them has. */
const NEIGHBOURS = 10;

function shared(perSecond: number, burst: number): ActionRates {
  return {
    user: { perSecond, burst },
    address: { perSecond: perSecond * NEIGHBOURS, burst: burst * NEIGHBOURS },
  };
}

export const SEND_BURST_SECONDS = 10;

/** Everything that is limited, and how: the one table. */
export function actionRates({ sendsPerSecond }: { sendsPerSecond: number }) {
  return {
    /** By whichever door. */
    send: shared(sendsPerSecond, sendsPerSecond * SEND_BURST_SECONDS),
    /** Edits, deletions, reactions: each is told to everybody in the conversation. */
    change: shared(30, 600),
    /** Making conversations, and who is in them. */
    membership: shared(20, 600),
    search: shared(20, 600),
    sync: shared(10, 300),
    /** All that only reads, and administration. */
    read: shared(60, 600),
    /** By REST; a connection earns its acknowledgements besides (realtime/budget.ts). */
    status: shared(60, 600),
    /** A ceiling over all connections of a user: a backlog of 100,000 may be acknowledged one by one. */
    acknowledgement: shared(5_000, 100_000),
    typing: shared(5, 50),
    /** Every change is told to all contacts. */
    presence: shared(3, 60),
    /** What one does with one's own sessions. */
    session: shared(10, 200),
    /** Everything there is of oneself: it reads as much as a life has gathered. */
    export: { user: { perSecond: 1 / 300, burst: 4 }, address: { perSecond: 1 / 30, burst: 40 } },
    /** Commands that do not exist. */
    unknown: shared(10, 200),
    /** Setting another one: it costs two hashes. */
    password: shared(1, 60),
    // An account costs a password hash and a transaction.
    register: { address: { perSecond: 5, burst: 600 } },
    login: { address: { perSecond: 10, burst: 600 } },
    refresh: { address: { perSecond: 20, burst: 600 } },
    /** Wrong passwords: for an account (`user`), from an address, and of the one from the other. */
    failedLogin: {
      user: { perSecond: 1 / 6, burst: 100 },
      address: { perSecond: 1, burst: 500 },
      pair: { perSecond: 1 / 12, burst: 50 },
    },
    /** Requests with a token that is none. */
    stranger: { address: { perSecond: 600, burst: 6_000 } },
    /** Handshakes: an office that lost its line comes back all at once. */
    connect: { user: { perSecond: 10, burst: 500 }, address: { perSecond: 100, burst: 5_000 } },
    /** Requests of long polling: one that waits for news, one that brings commands. */
    poll: shared(60, 600),
    /** Health, readiness, figures: they ask both stores. */
    probe: { address: { perSecond: 100, burst: 1_000 } },
  } as const satisfies Readonly<Record<string, ActionRates>>;
}

export type Action = keyof ReturnType<typeof actionRates>;

/** What shares transactions, asks no store, waits for a core or is streamed: nobody may hold a place for long. */
const withoutLane: ReadonlySet<Action> = new Set([
  ...(['send', 'acknowledgement', 'status', 'presence', 'unknown'] as const),
  ...(['password', 'export', 'poll'] as const),
]);

/** Which lane (lanes.ts) the work of a kind waits in. */
export function laneOf(action: Action): 'none' | 'search' | 'main' {
  if (withoutLane.has(action)) return 'none';
  return action === 'search' ? 'search' : 'main';
}

/** What each row of the REST table counts as: a new one does not compile without. */
export const actionByEndpoint: Readonly<Record<EndpointName, Action>> = {
  register: 'register',
  login: 'login',
  refresh: 'refresh',
  logout: 'session',
  changePassword: 'password',
  listSessions: 'read',
  endSession: 'session',
  endOtherSessions: 'session',
  readMe: 'read',
  deleteMe: 'password',
  exportMe: 'export',
  readPrivacy: 'read',
  changePrivacy: 'session',
  findUsers: 'search',
  readUser: 'read',
  blockUser: 'membership',
  unblockUser: 'membership',
  listBlocks: 'read',
  listRequests: 'read',
  readRequest: 'read',
  acceptRequest: 'membership',
  declineRequest: 'membership',
  createDirect: 'membership',
  createGroup: 'membership',
  listConversations: 'read',
  readConversation: 'read',
  renameConversation: 'membership',
  listParticipants: 'read',
  addParticipant: 'membership',
  changeRole: 'membership',
  removeParticipant: 'membership',
  listInvited: 'read',
  sendMessage: 'send',
  readHistory: 'read',
  editMessage: 'change',
  deleteMessage: 'change',
  reportStatus: 'status',
  readStatus: 'read',
  addReaction: 'change',
  removeReaction: 'change',
  removeReactionNamed: 'change',
  readSync: 'sync',
  listDeadLetters: 'read',
  retryDeadLetter: 'read',
  purgeDeadLetter: 'read',
  listRoles: 'read',
  grantRole: 'read',
  revokeRole: 'read',
  listPeople: 'search',
  suspendUser: 'session',
  unsuspendUser: 'session',
  endSessionsOfUser: 'session',
  setTemporaryPassword: 'password',
  listInvitations: 'read',
  createInvitation: 'session',
  revokeInvitation: 'session',
  readHealth: 'probe',
  readReadiness: 'probe',
};

/** What each command counts as, likewise. */
export const actionByCommand: Readonly<Record<CommandName, Action>> = {
  'chat:message_send': 'send',
  'chat:message_delivered': 'acknowledgement',
  'chat:message_read': 'acknowledgement',
  'chat:typing': 'typing',
  'chat:sync': 'sync',
  'presence:online': 'presence',
  'presence:offline': 'presence',
  'auth:refresh': 'session',
};
