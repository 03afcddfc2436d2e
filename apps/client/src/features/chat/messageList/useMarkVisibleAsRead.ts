import { useCallback, useEffect, useRef } from 'react';
import { useClient } from '../../../store/ClientContext';
import { isOutboxEntry } from '../../../store/chatView';
import { isPageFocused, onPageFocusChange } from './pageFocus';
import type { MessageVirtualizer } from './scrolling/scrollPositions';
import type { Row } from './timeline/timelineRows';

/**
 * Marks messages as read once they were seen (D6, D8): their end was in view while the page was visible and focused.
 * Arrival alone does not count. Returns a callback for changes of the view.
 */
export function useMarkVisibleAsRead(conversationId: string, rows: readonly Row[]) {
  const client = useClient();
  const list = useRef<MessageVirtualizer>(undefined);

  const report = useCallback(() => {
    if (list.current === undefined || !isPageFocused()) return;
    const my = client.getState().conversationsById[conversationId]?.my;
    if (my === undefined || my.unread_count === 0) return;
    const seq = lastVisibleSeq(list.current, rows);
    if (seq > my.read_seq) client.markRead(conversationId, seq);
  }, [client, conversationId, rows]);

  useEffect(() => onPageFocusChange(report), [report]);
  // Wait until new rows are laid out and measured.
  useEffect(() => {
    const frame = requestAnimationFrame(report);
    return () => cancelAnimationFrame(frame);
  }, [report]);

  return useCallback(
    (instance: MessageVirtualizer) => {
      list.current = instance;
      report();
    },
    [report],
  );
}

/** The seq of the last entry whose end is in view or that fills the view; 0 if there is none. */
function lastVisibleSeq(list: MessageVirtualizer, rows: readonly Row[]): number {
  const top = list.scrollOffset ?? 0;
  const bottom = top + (list.scrollElement?.clientHeight ?? 0);
  for (const item of list.getVirtualItems().toReversed()) {
    const row = rows[item.index];
    if (row === undefined || !('message' in row) || isOutboxEntry(row.message)) continue;
    const isSeen = item.end <= bottom + 2 ? item.end > top : item.start <= top;
    if (isSeen) return row.message.seq;
  }
  return 0;
}
