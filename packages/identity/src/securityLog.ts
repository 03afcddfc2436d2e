import { createHmac, hkdfSync } from 'node:crypto';
import type { Clock, Log } from '@chasqui/foundation';

/** Who performed an action: a user, the operator at the command line, or a setting. */
export type Actor = { actorId: string } | { actor: 'command' | 'setting' };

type Of<Name extends string, Fields extends object = object> = { event: Name } & Fields;
interface OfSession {
  userId: string;
  sessionId: string;
}
interface OfUser {
  userId: string;
}
interface OfInvitation {
  invitationId: string;
}

/**
 * Everything the security log can contain. Ids only: no names, e-mail addresses, tokens, codes or
 * content. `address` is the client's address; the log writes a keyed digest of it, and only for
 * refused requests.
 */
export type SecurityEvent =
  /** `by` is set for a session that started with a token of an external issuer. */
  | Of<'login_succeeded', OfSession & { by?: 'issuer' }>
  /** `userId` is null if the user does not exist. */
  | Of<'login_failed', { userId: string | null; address: string }>
  | Of<'registered', OfUser & { invitationId?: string }>
  | Of<'refresh_reused', OfSession>
  | Of<'session_ended', OfUser & { sessionId: string } & Actor>
  /** All sessions of the user, or all but the caller's. */
  | Of<'sessions_ended', OfUser & { count?: number } & Actor>
  /** All sessions of all users. */
  | Of<'all_sessions_ended', { count: number } & Actor>
  | Of<'password_changed', OfUser & Actor>
  | Of<'password_check_failed', OfUser & { address: string }>
  | Of<'temporary_password_set', OfUser & Actor>
  | Of<'account_created', OfUser & Actor>
  | Of<'account_deleted', OfUser & Actor>
  | Of<'suspended' | 'unsuspended', OfUser & Actor>
  | Of<'role_granted', OfUser & { role: string } & Actor>
  | Of<'role_revoked', OfUser & { role: string } & Actor>
  | Of<'invitation_created' | 'invitation_revoked', OfInvitation & Actor>
  | Of<'dead_delivery_retried' | 'dead_delivery_purged', OfUser & Actor>
  | Of<'keys_rotated', Actor>;

/** Refusals that a single client can cause at will: counted and written once per interval. */
export type FrequentEvent =
  | Of<'login_refused', { reason: 'rate' | 'suspended' | 'new_password_required'; address: string }>
  | Of<
      'registration_refused',
      {
        reason: 'registration_closed' | 'invitation_required' | 'invitation_invalid' | 'quota';
        address: string;
      }
    >
  /** An administration request without the required instance role. */
  | Of<'administration_refused', { userId: string; route: string }>
  /**
   * A token that was refused: forged, expired, or of an ended session. The field `door` holds the transport.
   */
  | Of<'token_refused', { door: 'rest' | 'socket' | 'stream' | 'refresh'; address: string }>
  /**
   * A request of an authenticated user without permission or with malformed input (refusals.ts).
   */
  | Of<'request_refused', { userId: string; action: string; error: string }>
  | Of<'limit_refused', { kind: string }>;

/**
 * Writes security events as JSON lines of the ordinary log, marked by the field `securityEvent`.
 * Never throws.
 */
export interface SecurityLog {
  /** Writes one line immediately. */
  record(event: SecurityEvent): void;
  /** Adds `count` to the line written for this event at the end of the interval. */
  count(event: FrequentEvent, count?: number): void;
  /** Writes the pending counts. A second call does nothing. */
  stop(): void;
}

interface Deps {
  log: Log;
  clock: Clock;
  /** The instance's secret; the key for address digests derives from it. */
  secret: string;
}

const FLUSH_MS = 60_000;
/**
 * Maximum distinct counted lines per interval; an attack from more addresses shares one further
 * line.
 */
const LINES_MAX = 500;

/** Events that need attention are warnings, all others information. */
const WARNINGS: ReadonlySet<string> = new Set([
  ...['login_failed', 'refresh_reused', 'password_check_failed', 'login_refused'],
  ...['registration_refused', 'administration_refused'],
]);

export function createSecurityLog({ log, clock, secret }: Deps): SecurityLog {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'chasqui security log addresses', 32));
  const counted = new Map<string, { fields: FrequentEvent; count: number }>();
  let left = 0;

  const digest = (address: string): string =>
    createHmac('sha256', key).update(address).digest('base64url').slice(0, 16);

  function write({ event, ...fields }: { event: string; address?: string }, more?: object): void {
    const { address, ...ids } = fields;
    const line = {
      securityEvent: event,
      ...ids,
      ...(address === undefined ? {} : { addressDigest: digest(address) }),
      ...more,
    };
    const message = event.replaceAll('_', ' ');
    if (WARNINGS.has(event)) log.warn(line, message);
    else log.info(line, message);
  }

  function flush(): void {
    for (const { fields, count } of counted.values()) write(fields, { count });
    counted.clear();
    if (left > 0) write({ event: 'refusals_not_itemised' }, { count: left });
    left = 0;
  }

  let timer = clock.setTimeout(flushAgain, FLUSH_MS);
  function flushAgain(): void {
    flush();
    timer = clock.setTimeout(flushAgain, FLUSH_MS);
  }

  return {
    record: (event) => write(event),
    count(event, count = 1) {
      const name = JSON.stringify(event);
      const known = counted.get(name);
      if (known) known.count += count;
      else if (counted.size < LINES_MAX) counted.set(name, { fields: event, count });
      else left += count;
    },
    stop() {
      timer.cancel();
      flush();
    },
  };
}

/** Reports refusals by limits, by kind, once per interval. Returns a function that stops it. */
export function reportRefusals(
  refusals: () => Readonly<Record<string, number>>,
  securityLog: SecurityLog,
  clock: Clock,
): () => void {
  let reported: Readonly<Record<string, number>> = {};
  const report = (): void => {
    const now = refusals();
    for (const [kind, total] of Object.entries(now)) {
      const fresh = total - (reported[kind] ?? 0);
      if (fresh > 0) securityLog.count({ event: 'limit_refused', kind }, fresh);
    }
    reported = now;
  };
  let timer = clock.setTimeout(again, FLUSH_MS);
  function again(): void {
    report();
    timer = clock.setTimeout(again, FLUSH_MS);
  }
  return () => {
    timer.cancel();
    report();
  };
}
