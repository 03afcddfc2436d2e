import type { CommandName, EndpointName } from '@chasqui/protocol';

/** `perSecond` on average, with bursts of up to `burst`. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** The rates of an action, by scope. A missing scope is not limited. */
export interface ActionRates {
  user?: Rate;
  address?: Rate;
  /**
   * A user at one address: guessing at an account must not use up its owner's attempts elsewhere.
   */
  pair?: Rate;
}

/** Many users can share one address (NAT), so an address gets ten times a user's rate. */
const NEIGHBOURS = 10;

function shared(perSecond: number, burst: number): ActionRates {
  return {
    user: { perSecond, burst },
    address: { perSecond: perSecond * NEIGHBOURS, burst: burst * NEIGHBOURS },
  };
}

export const SEND_BURST_SECONDS = 10;

/** The table of all limited actions. */
export function actionRates({ sendsPerSecond }: { sendsPerSecond: number }) {
  return {
    /** Over any transport. */
    send: shared(sendsPerSecond, sendsPerSecond * SEND_BURST_SECONDS),
    /** Edits, deletions, reactions: each is sent to every participant. */
    change: shared(30, 600),
    /** Creating conversations and changing their participants. */
    membership: shared(20, 600),
    search: shared(20, 600),
    sync: shared(10, 300),
    /** All reads, and administration. */
    read: shared(60, 600),
    /**
     * Over REST; connections have an acknowledgement budget as well (connections/eventBudget.ts).
     */
    status: shared(60, 600),
    /**
     * Ceiling over all connections of a user; a backlog of 100,000 may be acknowledged one by one.
     */
    acknowledgement: shared(5_000, 100_000),
    typing: shared(5, 50),
    /** Every change is sent to all contacts. */
    presence: shared(3, 60),
    /** Actions on one's own sessions. */
    session: shared(10, 200),
    /** A full account export, which may read years of data. */
    export: { user: { perSecond: 1 / 300, burst: 4 }, address: { perSecond: 1 / 30, burst: 40 } },
    /** Signing channels for Pusher clients. Each client authorizes all its channels when it reconnects. */
    authorize: shared(60, 4_000),
    /** Subscribing to channels, leaving them, and signing in, over a Pusher connection. */
    subscribe: shared(60, 4_000),
    /** Client events of a Pusher connection; each connection has a limit of its own as well. */
    clientEvent: shared(50, 500),
    /** Pings of a Pusher connection. */
    heartbeat: shared(10, 200),
    /** Unknown commands. */
    unknown: shared(10, 200),
    /** Changing the password, which costs two hashes. */
    password: shared(1, 60),
    // An account costs a password hash and a transaction.
    register: { address: { perSecond: 5, burst: 600 } },
    login: { address: { perSecond: 10, burst: 600 } },
    refresh: { address: { perSecond: 20, burst: 600 } },
    /** Wrong passwords: per account (`user`), per address, and per account at an address. */
    failedLogin: {
      user: { perSecond: 1 / 6, burst: 100 },
      address: { perSecond: 1, burst: 500 },
      pair: { perSecond: 1 / 12, burst: 50 },
    },
    /** Requests with an invalid token. The name is a label value in metrics. */
    stranger: { address: { perSecond: 600, burst: 6_000 } },
    /** Handshakes; a whole office may reconnect at once. */
    connect: { user: { perSecond: 10, burst: 500 }, address: { perSecond: 100, burst: 5_000 } },
    /** What applications publish, and the requests of their servers; they come from few addresses. */
    publish: { address: { perSecond: 1_000, burst: 10_000 } },
    /** Event streams, which their clients open again after each rotation. */
    stream: { user: { perSecond: 10, burst: 500 }, address: { perSecond: 100, burst: 5_000 } },
    /** Long-polling requests: one waits for events, one carries commands. */
    poll: shared(60, 600),
    /** Health, readiness and metrics, which query both stores. */
    probe: { address: { perSecond: 100, burst: 1_000 } },
  } as const satisfies Readonly<Record<string, ActionRates>>;
}

export type Action = keyof ReturnType<typeof actionRates>;

/**
 * Actions that share transactions, use no store, wait for a CPU core or are streamed: they must not
 * hold a bulkhead.
 */
const withoutBulkhead: ReadonlySet<Action> = new Set([
  ...(['send', 'acknowledgement', 'status', 'presence', 'unknown'] as const),
  ...(['password', 'export', 'poll', 'clientEvent', 'heartbeat', 'subscribe', 'publish'] as const),
]);

/** The bulkhead (bulkheads.ts) in which work of an action runs. */
export function bulkheadOf(action: Action): 'none' | 'search' | 'main' {
  if (withoutBulkhead.has(action)) return 'none';
  return action === 'search' ? 'search' : 'main';
}

/** The action of each REST endpoint. A new endpoint does not compile without one. */
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
  readMercureToken: 'session',
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

/** The action of each command, likewise. */
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
