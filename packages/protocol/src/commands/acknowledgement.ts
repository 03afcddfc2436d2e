import * as z from 'zod';
import { seqNumber, uuid } from '../values/ids';
import { missingOr } from '../values/wording';

/**
 * Up to where: by the message, or by the place in the conversation. It covers all entries before it (D6). With both
 * said, the message counts.
 */
export const acknowledgement = z.union(
  [z.object({ messageId: uuid }), z.object({ conversationId: uuid, seq: seqNumber })],
  { error: missingOr('must be {messageId} or {conversationId, seq}') },
);

export type Acknowledgement = z.infer<typeof acknowledgement>;
