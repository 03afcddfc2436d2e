import * as z from 'zod';
import { seqNumber, uuid } from '../values/ids';
import { missingOr } from '../values/wording';

/**
 * The last acknowledged entry, by message id or by position. It covers all earlier entries of the conversation (D6). If both
 * are given, the message id counts.
 */
export const acknowledgement = z.union(
  [z.object({ messageId: uuid }), z.object({ conversationId: uuid, seq: seqNumber })],
  { error: missingOr('must be {messageId} or {conversationId, seq}') },
);

export type Acknowledgement = z.infer<typeof acknowledgement>;
