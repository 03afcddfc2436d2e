import { useCallback, useEffect, useRef } from 'react';
import { useClient } from '../../../store/ClientContext';
import { isOnItsWay } from '../../../store/chatView';
import { isAttending, onAttention } from './pageFocus';
import type { List } from './scrolling/scrollPositions';
import type { Row } from './timeline/timelineRows';

/**
 * Reports as read what was seen (D6, D8): its lower end was in view, the page visible, its window in use. What merely
 * arrived was not seen. Returns what is to be called when the view has changed.
 */
export function useReadOnSight(conversationId: string, rows: readonly Row[]) {
  const client = useClient();
  const list = useRef<List>(undefined);

  const report = useCallback(() => {
    if (list.current === undefined || !isAttending()) return;
    const my = client.getState().conversationsById[conversationId]?.my;
    if (my === undefined || my.unread_count === 0) return;
    const seq = lastSeen(list.current, rows);
    if (seq > my.read_seq) client.markRead(conversationId, seq);
  }, [client, conversationId, rows]);

  useEffect(() => onAttention(report), [report]);
  // New rows are placed and measured first.
  useEffect(() => {
    const frame = requestAnimationFrame(report);
    return () => cancelAnimationFrame(frame);
  }, [report]);

  return useCallback(
    (instance: List) => {
      list.current = instance;
      report();
    },
    [report],
  );
}

/** The furthest entry whose end is in view, or that fills the view; 0 for none. */
function lastSeen(list: List, rows: readonly Row[]): number {
  const top = list.scrollOffset ?? 0;
  const bottom = top + (list.scrollElement?.clientHeight ?? 0);
  for (const item of list.getVirtualItems().toReversed()) {
    const row = rows[item.index];
    if (row === undefined || !('message' in row) || isOnItsWay(row.message)) continue;
    const isSeen = item.end <= bottom + 2 ? item.end > top : item.start <= top;
    if (isSeen) return row.message.seq;
  }
  return 0;
}
