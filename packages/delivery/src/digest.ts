import { createHmac } from 'node:crypto';
import type { SendRequest } from './delivery';

/**
 * A keyed digest of what was sent under a client message id. It tells a repeat from a reuse
 * even when the message has been edited or deleted since, and tells nothing to who reads the table (D2).
 */
export function digestOf(key: Buffer, request: SendRequest): Buffer {
  // In one piece: each call into the library costs as much as a message of usual length.
  return createHmac('sha256', key)
    .update(`${request.messageType}\0${request.replyToId ?? ''}\0${request.contentEncrypted}`)
    .digest();
}
