import { literal } from 'sequelize';
import type { Literal } from 'sequelize/types/utils';

/** Seconds without an exchange of tokens after which a session ends: as long as a device is kept (D4). */
const IDLE_MAX_S = 90 * 86_400;

/** When sessions end, in PostgreSQL's time, as SQL over a row of `sessions`. */
export interface SessionLifetime {
  /** Maximum age of a session, seconds. */
  readonly maxAgeS: number;
  /** For a session that begins now, and for every token of its chain. */
  readonly fromNow: Literal;
  /** For a session that goes on now: never beyond its absolute end. */
  readonly prolonged: Literal;
  /** When a session ends whatever `expires_at` says: `alias` names the row. */
  endOf(alias: string): string;
}

/**
 * `maxAgeS` seconds after it began a session ends however busy it is, and its owner gives the password again. Sessions
 * of another issuer, whose ids are UUIDs of version 8, are as old as that issuer lets them be.
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
