import { randomUUID } from 'node:crypto';

let prefix = { ms: 0, text: '' };

/**
 * A new id for a message: a UUID of version 7 (RFC 9562), whose first 48 bits are the milliseconds since 1970, so
 * that ids of the same time lie together in their index. The rest is random: ids of one millisecond have no order.
 */
export function newMessageId(now = Date.now()): string {
  if (now !== prefix.ms) {
    const time = now.toString(16).padStart(12, '0');
    prefix = { ms: now, text: `${time.slice(0, 8)}-${time.slice(8)}-7` };
  }
  // Version 4 has its variant and random bits in the same places, and comes from a pool.
  return prefix.text + randomUUID().slice(15);
}
