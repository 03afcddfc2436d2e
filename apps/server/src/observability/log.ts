import { describeError } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import type { LOG_LEVELS } from '@chasqui/settings';
import { destination as openDestination, pino, type DestinationStream } from 'pino';

/** What waits while the disk is full, bytes; lines beyond it are dropped. */
const HELD_BYTES = 1024 * 1024;

/**
 * Writes lines to a file descriptor, stdout by default. While it cannot be written to, because the disk
 * is full or the reader is gone, lines wait; the process must not end because of it.
 */
export function openOutput(fd = 1): DestinationStream {
  const output = openDestination({ dest: fd, sync: true, maxLength: HELD_BYTES });
  // Without a listener the error would be thrown, logged, and thrown again by the next write.
  output.on('error', () => undefined);
  return output;
}

export type LogLevel = (typeof LOG_LEVELS)[number];

// A safety net: code never passes any of these to the log.
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
  return pino(options, destination ?? openOutput());
}
