import type { Clock } from '@chasqui/foundation';
import type { Settings } from '@chasqui/settings';
import type { Requester } from './local/fairQueue';
import type { ActionRates } from './actions';
import { createLimits, type Limits, noLimits, refuseIf } from './limits';
import type { SharedDeficits } from './shared/sharedDeficits';

/**
 * What users and addresses may store per day. The quotas keep one stranger from filling the disk; the limits per second
 * (actions.ts) keep a node responsive. Every method is synchronous and waits for nothing.
 */
export interface Quotas {
  /** Throws RateLimitError when the user or the address has used up a day's share. Counts nothing. */
  admit(quota: Quota, who: Requester): void;
  /** Counts what has been stored, `amount` of it: one unless given. A second call counts it again. */
  count(quota: Quota, who: Requester, amount?: number): void;
  /** Counts a stored message of so many characters, with its row and its indexes. */
  countMessage(who: Requester, characters: number): void;
  /** Refusals since the node started, by kind. */
  refusals(): Readonly<Record<string, number>>;
  stop(): void;
}

export type Quota = keyof ReturnType<typeof quotasPerDay>;

const DAY_S = 86_400;
/** Many users share one address: an office stores ten times what a person does. */
const NEIGHBOURS = 10;
const KIB = 1_024;
/** What PostgreSQL needs for a message besides its content: row, indexes and entry of the history. */
const MESSAGE_OVERHEAD_BYTES = 1_024;

export type QuotaSettings = Pick<
  Settings,
  | 'QUOTA_ACCOUNTS_PER_ADDRESS'
  | 'QUOTA_CONVERSATIONS_PER_USER'
  | 'QUOTA_CONTACTS_PER_USER'
  | 'QUOTA_MEGABYTES_PER_USER'
>;

/** All quotas. A quota refills evenly over a day, so a first day can use at most twice the quota. */
export function quotasPerDay(settings: QuotaSettings) {
  return {
    quota_registrations: { address: daily(settings.QUOTA_ACCOUNTS_PER_ADDRESS) },
    quota_conversations: shared(settings.QUOTA_CONVERSATIONS_PER_USER),
    /** People added to a group, or written to directly for the first time. */
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
  /** Milliseconds of a clock that is never set back. */
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
