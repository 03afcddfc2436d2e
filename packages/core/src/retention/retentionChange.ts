import type { ConversationEvent } from '@chasqui/protocol';
import type { Present } from '../conversations/read/present';

/** What a conversation's retention is before somebody changes it. */
export interface PresentRetention extends Present {
  /** Who of a direct conversation has asked that retention apply to the history, and which; null: nobody. */
  historyRequestBy: string | null;
  historyRequestS: number | null;
  /** Nothing in it is kept for longer than this, seconds; null: something may be kept for ever. */
  historyLimitS: number | null;
}

export interface RetentionChange {
  event: Extract<ConversationEvent, { type: 'retention' }>;
  /** What stays open until the other one asks for the same; null: nothing. */
  request: { by: string; seconds: number } | null;
}

/**
 * What becomes of a wish for another retention; undefined when it changes nothing. It holds for what is sent from now
 * on. For what has been sent it takes an admin of a group, or both of a direct conversation: the first to ask leaves
 * a request, and another wish takes it back.
 */
export function retentionChange(
  present: PresentRetention,
  userId: string,
  seconds: number | null,
  applyToHistory: boolean,
): RetentionChange | undefined {
  const reaches = applyToHistory && seconds !== null && !covers(present, seconds);
  const { historyRequestBy: by, historyRequestS } = present;
  const agrees = by !== null && by !== userId && historyRequestS === seconds;
  const applies = reaches && (present.type === 'group' || agrees);
  const asks = reaches && !applies;
  const request = asks ? { by: userId, seconds } : null;
  const isRepeat = asks && by === userId && historyRequestS === seconds;
  // Setting what is set already takes no request back.
  if (seconds === present.retentionS && !applies && (!asks || isRepeat)) return undefined;
  return {
    event: {
      type: 'retention',
      retention_s: seconds,
      apply_to_history: applies,
      ...(asks ? { requests_history: true } : {}),
    },
    request,
  };
}

function covers({ historyLimitS }: PresentRetention, seconds: number): boolean {
  return historyLimitS !== null && historyLimitS <= seconds;
}
