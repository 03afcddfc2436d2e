import { describeError } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import type { LOG_LEVELS } from '@chasqui/settings';
import { destination as openDestination, pino, type DestinationStream } from 'pino';

/** Bytes buffered while the disk is full; further lines are dropped. */
const HELD_BYTES = 1024 * 1024;

/**
 * Writes lines to a file descriptor, stdout by default. Lines are buffered while the descriptor is
 * not writable (disk full, reader gone); a failing log must not end the process.
 */
export function openOutput(fd = 1): DestinationStream {
  const output = openDestination({ dest: fd, sync: true, maxLength: HELD_BYTES });
  // Without a listener the error would be thrown, logged, and thrown again by the next write.
  output.on('error', () => undefined);
  return output;
}

export type LogLevel = (typeof LOG_LEVELS)[number];

// Safety net: none of these may be passed to the log in the first place.
const SECRETS = [
  'authorization',
  'token',
  'access_token',
  'refresh_token',
  'password',
  'content_encrypted',
  'contentEncrypted',
];

/**
 * JSON lines on stdout. Of an error, only name, message, code and stack are logged; other
 * properties contain user input.
 */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  const options = {
    level,
    base: { app: 'server' },
    redact: SECRETS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]),
    serializers: { err: describeError },
  };
  return pino(options, destination ?? openOutput());
}
