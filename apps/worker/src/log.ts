import { describeError } from '@pern/db/describeError';
import type { Log } from '@pern/delivery/ports';
import { destination, pino } from 'pino';

/** What waits while the disk is full, bytes; lines beyond it are dropped. */
const HELD_BYTES = 1024 * 1024;

/**
 * JSON lines on a file descriptor, stdout by default. While it cannot be written to, because the disk
 * is full or the reader is gone, lines wait; the process must not end because of it.
 */
export function createLog(level: string, fd = 1): Log {
  const output = destination({ dest: fd, sync: true, maxLength: HELD_BYTES });
  // Without a listener the error would be thrown.
  output.on('error', () => undefined);
  return pino({ name: 'worker', level, serializers: { err: describeError } }, output);
}
