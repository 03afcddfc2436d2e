import { useLayoutEffect, useRef } from 'react';
import type { Row } from '../timeline/timelineRows';

/** Scrolls to the end whenever the user sends a message, wherever they were reading. */
export function useFollowOwnMessages(rows: readonly Row[], scrollToEnd: () => void): void {
  const last = rows.at(-1);
  const ownKey = last?.type === 'message' && last.isMine ? last.key : undefined;
  const previous = useRef(ownKey);
  useLayoutEffect(() => {
    if (ownKey !== undefined && ownKey !== previous.current) scrollToEnd();
    previous.current = ownKey;
  }, [ownKey, scrollToEnd]);
}
