import type { Clock } from '@chasqui/foundation';
import type { Settings } from '@chasqui/settings';
import type { Requester } from './local/fairQueue';
import type { ActionRates } from './actions';
import { createLimits, type Limits, noLimits, refuseIf } from './limits';
import type { SharedDeficits } from './shared/sharedDeficits';

/**
 * Daily storage quotas per user and address. They keep one user from filling the disk; the limits
 * per second (actions.ts) keep a node responsive. All methods are synchronous.
 */
export interface Quotas {
  /** Throws RateLimitError if the user or address has used up the daily quota. Counts nothing. */
  admit(quota: Quota, who: Requester): void;
  /** Counts `amount` stored units, 1 by default. Not idempotent. */
  count(quota: Quota, who: Requester, amount?: number): void;
  /** Counts a stored message of this many characters, with its row and indexes. */
  countMessage(who: Requester, characters: number): void;
  /** Refusals since the node started, by quota. */
  refusals(): Readonly<Record<string, number>>;
  stop(): void;
}

export type Quota = keyof ReturnType<typeof quotasPerDay>;

const DAY_S = 86_400;
/** Many users can share one address (NAT), so an address gets ten times a user's quota. */
const NEIGHBOURS = 10;
const KIB = 1_024;
/** Overhead of a message in PostgreSQL: row, indexes and history entry. */
const MESSAGE_OVERHEAD_BYTES = 1_024;

export type QuotaSettings = Pick<
  Settings,
  | 'QUOTA_ACCOUNTS_PER_ADDRESS'
  | 'QUOTA_CONVERSATIONS_PER_USER'
  | 'QUOTA_CONTACTS_PER_USER'
  | 'QUOTA_MEGABYTES_PER_USER'
>;

/** All quotas. They refill evenly over a day, so a first day can use at most twice the quota. */
export function quotasPerDay(settings: QuotaSettings) {
  return {
    quota_registrations: { address: daily(settings.QUOTA_ACCOUNTS_PER_ADDRESS) },
    quota_conversations: shared(settings.QUOTA_CONVERSATIONS_PER_USER),
    /** Users added to a group, or messaged directly for the first time. */
    quota_contacts: shared(settings.QUOTA_CONTACTS_PER_USER),
    /** Messages and edits, in KiB. */
    quota_storage: shared(settings.QUOTA_MEGABYTES_PER_USER * KIB),
  } as const satisfies Readonly<Record<string, ActionRates>>;
}

function daily(amount: number) {
  return { perSecond: amount / DAY_S, burst: amount };
}

function shared(amount: number) {
  return { user: daily(amount), address: daily(amount * NEIGHBOURS) };
}

interface QuotasOptions {
  settings: QuotaSettings;
  deficits: SharedDeficits;
  /** Milliseconds on a monotonic clock. */
  clock: Clock;
}

export function createQuotas({ settings, deficits, clock }: QuotasOptions): Quotas {
  return quotasOf(createLimits({ rates: quotasPerDay(settings), deficits, clock }));
}

function quotasOf(limits: Limits<Quota>): Quotas {
  return {
    admit: (quota, { userId, address }) => refuseIf(limits.peek(quota, userId, address)),
    count: (quota, who, amount = 1) => limits.charge(quota, who, amount),
    countMessage(who, characters) {
      limits.charge('quota_storage', who, (characters + MESSAGE_OVERHEAD_BYTES) / KIB);
    },
    refusals: () => limits.refusals(),
    stop: () => limits.stop(),
  };
}

/** For RATE_LIMIT=off. */
export const noQuotas: Quotas = quotasOf(noLimits);
