import { describeError } from '@chasqui/db';
import type { Log } from '@chasqui/foundation';
import { destination, pino } from 'pino';

/** Bytes buffered while the disk is full; later lines are dropped. */
const HELD_BYTES = 1024 * 1024;

/**
 * Writes JSON lines to a file descriptor, stdout by default. While the disk is full or the reader is gone, lines are
 * buffered and the process continues.
 */
export function createLog(level: string, fd = 1): Log {
  const output = destination({ dest: fd, sync: true, maxLength: HELD_BYTES });
  // Without a listener, Node would throw the error.
  output.on('error', () => undefined);
  return pino({ name: 'worker', level, serializers: { err: describeError } }, output);
}
