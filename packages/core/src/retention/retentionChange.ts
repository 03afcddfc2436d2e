import type { ConversationEvent } from '@chasqui/protocol';
import type { Present } from '../conversations/read/present';

/** A conversation's retention before a change. */
export interface PresentRetention extends Present {
  /** The user of a direct conversation who asked to apply a retention to the history; null: no request. */
  historyRequestBy: string | null;
  historyRequestS: number | null;
  /** Upper bound for the retention of existing messages, seconds; null: unlimited. */
  historyLimitS: number | null;
}

export interface RetentionChange {
  event: Extract<ConversationEvent, { type: 'retention' }>;
  /** The request that the other user has not made yet; null: none. */
  request: { by: string; seconds: number } | null;
}

/**
 * Decides what a call to set the retention changes; undefined if it changes nothing. The retention applies to future
 * messages. To apply it to the history takes an admin in a group and both users in a direct conversation: the first
 * call leaves a request, and a different call withdraws it.
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
  // Setting the current retention again does not withdraw a request.
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
