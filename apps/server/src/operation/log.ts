import { describeError } from '@pern/db/describeError';
import type { Log } from '@pern/delivery/ports';
import type { LOG_LEVELS } from '@pern/settings/settings';
import { pino, type DestinationStream } from 'pino';

export type LogLevel = (typeof LOG_LEVELS)[number];

// A net below the rule that none of these is ever passed to the log (FAULTS, attackers 9).
const SECRETS = [
  'authorization',
  'token',
  'access_token',
  'refresh_token',
  'password',
  'content_encrypted',
  'contentEncrypted',
];

/** JSON lines on stdout. Of an error only name, message, code and stack get in: others carry what was asked. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: { app: 'server' },
    redact: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
    serializers: { err: describeError },
  };
  return destination ? pino(options, destination) : pino(options);
}
