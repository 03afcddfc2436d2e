import type { KnownConversation } from '@pern/sdk/state/chatState';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { useChatStore } from '../../../store/chatStore';
import { dayTitle } from '../../../shared/formatting/dates';
import { Announcer } from './NewMessageAnnouncer';
import { JumpToEnd } from './scrolling/JumpToLatest';
import { keepPlace, type List, offsetOf, placeIn } from './scrolling/scrollPositions';
import { estimatedHeight, RowView } from './timeline/TimelineRow';
import { RevealContext } from './scrolling/JumpToMessageContext';
import { type Row, timelineRows } from './timeline/timelineRows';
import { useHistory } from './useOlderMessages';
import { useNewMarker } from './useNewMessagesDivider';
import { useReadOnSight } from './useMarkVisibleAsRead';
import { useRevealing } from './scrolling/useJumpToMessage';
import { useRoving } from './useRovingFocus';
import './messageList.css';

/** From the end, in pixels, within which somebody is at it. */
const AT_END = 64;
/** Room above the first message for the word about what is before it. */
const HEADROOM = 56;

/** What was said: only what is in view is in the page, the place is kept whatever comes before or after it. */
export function MessageList({ conversation }: { conversation: KnownConversation }) {
  const { id } = conversation;
  const me = useChatStore((view) => view.me?.id);
  const ids = useChatStore((view) => view.messageIdsInConversation);
  const byId = useChatStore((view) => view.messagesById);
  const hasOlder = useChatStore((view) => view.hasOlderMessages);
  const newAfter = useNewMarker(conversation);
  const rows = useMemo(() => {
    const messages = ids.flatMap((key) => byId[key] ?? []);
    return timelineRows({ messages, me, newAfter, hasOlder });
  }, [ids, byId, me, newAfter, hasOlder]);

  const scroller = useRef<HTMLDivElement>(null);
  const [place] = useState(() => placeIn(id));
  const [isAtEnd, setAtEnd] = useState(true);
  const [topDay, setTopDay] = useState('');
  const history = useHistory(id, hasOlder);
  const see = useReadOnSight(id, rows);

  const isPlaced = useRef(false);
  const shown = useRef<List>(undefined);
  // Before the list takes itself apart, which it does in the effects after this one.
  useLayoutEffect(() => () => keepPlace(id, shown.current, AT_END), [id]);
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    getItemKey: useCallback((index: number) => rows[index]?.key ?? index, [rows]),
    estimateSize: (index) => estimatedHeight(rows[index]),
    overscan: 10,
    paddingStart: HEADROOM,
    paddingEnd: 12,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: AT_END,
    directDomUpdates: true,
    initialMeasurementsCache: place?.measured ?? [],
    onChange(instance) {
      shown.current = instance;
      const atEnd = instance.isAtEnd(AT_END);
      if (atEnd !== isAtEnd) setAtEnd(atEnd);
      setTopDay(dayOfTop(instance, rows));
      if (isPlaced.current && isNearTop(instance)) history.wantOlder();
      see(instance);
    },
  });
  const { scrollToEnd, scrollToIndex } = virtualizer;

  // Where one begins: where one was, at the first new message, or at the end.
  useLayoutEffect(() => {
    if (isPlaced.current || rows.length === 0) return;
    isPlaced.current = true;
    const back = place === undefined ? undefined : offsetOf(place, virtualizer);
    const marker = rows.findIndex(({ type }) => type === 'new');
    if (back !== undefined) virtualizer.scrollToOffset(back);
    else if (marker === -1) scrollToEnd();
    else scrollToIndex(marker, { align: 'start' });
  }, [rows, place, virtualizer, scrollToEnd, scrollToIndex]);
  useFollowMine(rows, scrollToEnd);
  // A page that came may not have been enough, and who does not scroll on is told nothing.
  const { isLoading, wantOlder } = history;
  useEffect(() => {
    if (!isLoading && isPlaced.current && isNearTop(virtualizer)) wantOlder();
  }, [rows, isLoading, wantOlder, virtualizer]);

  const indexOf = (messageId: string): number =>
    rows.findIndex(
      (row) => 'message' in row && 'id' in row.message && row.message.id === messageId,
    );
  const { reveal, revealed } = useRevealing({ conversationId: id, indexOf, scrollToIndex });
  const roving = useRoving(rows, scrollToIndex);

  return (
    <RevealContext value={reveal}>
      <div className="message-list-frame">
        <div
          ref={scroller}
          className="message-list"
          role="log"
          aria-label="Messages"
          aria-live="off"
          aria-busy={history.isLoading}
          onKeyDown={roving.onKeyDown}
          onFocus={roving.onFocus}
        >
          <div ref={virtualizer.containerRef} className="message-rows">
            <p className="history-note">{history.note}</p>
            {virtualizer.getVirtualItems().map(({ key, index }) => {
              const row = rows[index];
              return (
                row !== undefined && (
                  <div
                    key={key}
                    ref={virtualizer.measureElement}
                    data-index={index}
                    data-key={row.key}
                    className={row.key === revealed ? 'message-slot revealed' : 'message-slot'}
                    {...roving.propsOf(row)}
                  >
                    <RowView row={row} isGroup={conversation.type === 'group'} />
                  </div>
                )
              );
            })}
          </div>
        </div>
        {!isAtEnd && topDay !== '' && (
          <p className="top-day" aria-hidden>
            {topDay}
          </p>
        )}
        {!isAtEnd && (
          <JumpToEnd
            unread={conversation.my.unread_count}
            onJump={() => scrollToEnd({ behavior: 'auto' })}
          />
        )}
        <Announcer conversationId={id} />
      </div>
    </RevealContext>
  );
}

/** Which day it is at the upper end of the view; nothing where that says so itself. */
function dayOfTop(list: List, rows: readonly Row[]): string {
  const index = list.getVirtualItemForOffset(list.scrollOffset ?? 0)?.index ?? 0;
  const row = rows[index];
  return row !== undefined && 'message' in row ? dayTitle(row.message.created_at) : '';
}

/** Within which history is read on, in rows: before one comes to the end of what is there. */
const isNearTop = ({ range }: { range: { startIndex: number } | null }): boolean =>
  (range?.startIndex ?? 0) < 15;

/** Who writes sees what they wrote, wherever they were reading. */
function useFollowMine(rows: readonly Row[], scrollToEnd: () => void): void {
  const last = rows.at(-1);
  const mine = last?.type === 'message' && last.isMine ? last.key : undefined;
  const before = useRef(mine);
  useLayoutEffect(() => {
    if (mine !== undefined && mine !== before.current) scrollToEnd();
    before.current = mine;
  }, [mine, scrollToEnd]);
}
