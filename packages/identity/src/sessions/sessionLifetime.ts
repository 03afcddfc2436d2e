import { literal } from 'sequelize';
import type { Literal } from 'sequelize/types/utils';

/** Seconds without a token exchange after which a session ends; devices are kept as long (D4). */
const IDLE_MAX_S = 90 * 86_400;

/** When sessions end, in PostgreSQL's time, as SQL over a row of `sessions`. */
export interface SessionLifetime {
  /** Maximum age of a session, seconds. */
  readonly maxAgeS: number;
  /** Expiry of a new session, and of every token of its family. */
  readonly fromNow: Literal;
  /** Expiry of a session that is renewed now, never beyond its absolute end. */
  readonly prolonged: Literal;
  /** Actual end of a session, regardless of `expires_at`; `alias` names the row. */
  endOf(alias: string): string;
}

/**
 * `maxAgeS` seconds after its start a session ends even if it is active, and its owner must log in
 * again. Sessions of an external issuer, whose ids are UUIDs of version 8, last as long as that
 * issuer allows.
 */
export function createSessionLifetime(maxAgeS: number): SessionLifetime {
  const absoluteEnd = (alias: string): string =>
    `CASE WHEN substr(${alias}.id::text, 15, 1) = '8' THEN 'infinity'::timestamptz
     ELSE ${alias}.created_at + interval '${maxAgeS} seconds' END`;
  return {
    maxAgeS,
    fromNow: literal(`now() + interval '${Math.min(IDLE_MAX_S, maxAgeS)} seconds'`),
    prolonged: literal(
      `least(now() + interval '${IDLE_MAX_S} seconds', created_at + interval '${maxAgeS} seconds')`,
    ),
    endOf: (alias) => `least(${alias}.expires_at, ${absoluteEnd(alias)})`,
  };
}
