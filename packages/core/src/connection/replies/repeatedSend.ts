import type { ConnectionEffects } from '../connectionEffects';
import type { Reply } from './pendingReplies';

/** A send that stored nothing, because it repeats an earlier one. */
interface RepeatedSend {
  id: string;
  conversationId: string;
  /** The seq of the entry that the first send stored. */
  seq: number;
}

/** The reply to a repeated send follows the event of its entry (D3). */
export function answerRepeated(
  effects: ConnectionEffects,
  { id, conversationId, seq }: RepeatedSend,
  reply: Reply,
): void {
  effects.replies?.end(id);
  const cursor = effects.isClosed() ? undefined : effects.cursors.get(conversationId);
  if (cursor === undefined || (cursor.sent !== undefined && cursor.sent >= seq)) reply();
  else {
    effects.pendingReplies().addAfterEvent(id, cursor, seq, reply);
    effects.raise(cursor, seq);
  }
  if (cursor !== undefined) effects.advanceOne(cursor, 'own send ended');
  effects.advance('work');
}
