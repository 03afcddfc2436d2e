import { randomUUID } from 'node:crypto';

let prefix = { ms: 0, text: '' };

/**
 * Makes an id: a UUID of version 7 (RFC 9562). Its first 48 bits are the milliseconds since 1970, so ids made at
 * about the same time are adjacent in an index. The rest is random: ids of the same millisecond have no order.
 */
export function newId(now = Date.now()): string {
  if (now !== prefix.ms) {
    const time = now.toString(16).padStart(12, '0');
    prefix = { ms: now, text: `${time.slice(0, 8)}-${time.slice(8)}-7` };
  }
  // A UUID of version 4 has the variant and the random bits in the same places, and Node takes it from a pool.
  return prefix.text + randomUUID().slice(15);
}
