import type { KnownConversation } from '@chasqui/sdk';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { dayLabel } from '../../../shared/formatting/dates';
import { useChatStore } from '../../../store/chatStore';
import { NewMessageAnnouncer } from './NewMessageAnnouncer';
import { JumpToLatest } from './scrolling/JumpToLatest';
import { JumpToMessageContext } from './scrolling/JumpToMessageContext';
import {
  type MessageVirtualizer,
  savedScrollPosition,
  saveScrollPosition,
  scrollOffsetOf,
} from './scrolling/scrollPositions';
import { useFollowOwnMessages } from './scrolling/useFollowOwnMessages';
import { useScrollToMessage } from './scrolling/useScrollToMessage';
import { estimatedHeight, TimelineRow } from './timeline/TimelineRow';
import { type Row, timelineRows } from './timeline/timelineRows';
import { useMarkVisibleAsRead } from './useMarkVisibleAsRead';
import { useNewMessagesDivider } from './useNewMessagesDivider';
import { useOlderMessages } from './useOlderMessages';
import { useRovingFocus } from './useRovingFocus';
import './messageList.css';

/** Distance from the end, in pixels, that still counts as being at the end. */
const END_THRESHOLD = 64;
/** Space above the first message for the history note, in pixels. */
const HEADROOM = 56;
/** Older messages are loaded when the first row in view is among this many. */
const PREFETCH_ROWS = 15;

/** The messages of a conversation, virtualized. The scroll position is anchored when rows are added before or after. */
export function MessageList({ conversation }: { conversation: KnownConversation }) {
  const { id } = conversation;
  const me = useChatStore((view) => view.me?.id);
  const ids = useChatStore((view) => view.messageIdsInConversation);
  const byId = useChatStore((view) => view.messagesById);
  const hasOlder = useChatStore((view) => view.hasOlderMessages);
  const newAfter = useNewMessagesDivider(conversation);
  const rows = useMemo(() => {
    const messages = ids.flatMap((key) => byId[key] ?? []);
    return timelineRows({ messages, me, newAfter, hasOlder });
  }, [ids, byId, me, newAfter, hasOlder]);

  const scroller = useRef<HTMLDivElement>(null);
  const [savedPosition] = useState(() => savedScrollPosition(id));
  const [isAtEnd, setAtEnd] = useState(true);
  const [dayInView, setDayInView] = useState('');
  const { isLoading, loadOlder, note } = useOlderMessages(id, hasOlder);
  const markVisibleAsRead = useMarkVisibleAsRead(id, rows);

  const isPositioned = useRef(false);
  const latest = useRef<MessageVirtualizer>(undefined);
  // Must run before the cleanup effects of the virtualizer, so it precedes useVirtualizer.
  useLayoutEffect(() => () => saveScrollPosition(id, latest.current, END_THRESHOLD), [id]);
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
    scrollEndThreshold: END_THRESHOLD,
    directDomUpdates: true,
    initialMeasurementsCache: savedPosition?.measured ?? [],
    onChange(instance) {
      latest.current = instance;
      const atEnd = instance.isAtEnd(END_THRESHOLD);
      if (atEnd !== isAtEnd) setAtEnd(atEnd);
      setDayInView(firstDayInView(instance, rows));
      if (isPositioned.current && isNearTop(instance)) loadOlder();
      markVisibleAsRead(instance);
    },
  });
  const { scrollToEnd, scrollToIndex } = virtualizer;

  // Initial position: the saved one, the first new message, or the end.
  useLayoutEffect(() => {
    if (isPositioned.current || rows.length === 0) return;
    isPositioned.current = true;
    const offset =
      savedPosition === undefined ? undefined : scrollOffsetOf(savedPosition, virtualizer);
    const divider = rows.findIndex(({ type }) => type === 'new');
    if (offset !== undefined) virtualizer.scrollToOffset(offset);
    else if (divider === -1) scrollToEnd();
    else scrollToIndex(divider, { align: 'start' });
  }, [rows, savedPosition, virtualizer, scrollToEnd, scrollToIndex]);
  useFollowOwnMessages(rows, scrollToEnd);
  // One page may not fill the view, and without scrolling there is no change event.
  useEffect(() => {
    if (!isLoading && isPositioned.current && isNearTop(virtualizer)) loadOlder();
  }, [rows, isLoading, loadOlder, virtualizer]);

  const indexOf = (messageId: string): number =>
    rows.findIndex(
      (row) => 'message' in row && 'id' in row.message && row.message.id === messageId,
    );
  const { jumpToMessage, highlightedKey } = useScrollToMessage({
    conversationId: id,
    indexOf,
    scrollToIndex,
  });
  const rovingFocus = useRovingFocus(rows, scrollToIndex);

  return (
    <JumpToMessageContext value={jumpToMessage}>
      <div className="message-list-frame">
        <div
          ref={scroller}
          className="message-list"
          role="log"
          aria-label="Messages"
          aria-live="off"
          aria-busy={isLoading}
          onKeyDown={rovingFocus.onKeyDown}
          onFocus={rovingFocus.onFocus}
        >
          <div ref={virtualizer.containerRef} className="message-rows">
            <p className="history-note">{note}</p>
            {virtualizer.getVirtualItems().map(({ key, index }) => {
              const row = rows[index];
              return (
                row !== undefined && (
                  <div
                    key={key}
                    ref={virtualizer.measureElement}
                    data-index={index}
                    data-key={row.key}
                    className={
                      row.key === highlightedKey ? 'message-slot highlighted' : 'message-slot'
                    }
                    {...rovingFocus.propsOf(row)}
                  >
                    <TimelineRow row={row} isGroup={conversation.type === 'group'} />
                  </div>
                )
              );
            })}
          </div>
        </div>
        {!isAtEnd && dayInView !== '' && (
          <p className="floating-day" aria-hidden>
            {dayInView}
          </p>
        )}
        {!isAtEnd && (
          <JumpToLatest
            unread={conversation.my.unread_count}
            onJump={() => scrollToEnd({ behavior: 'auto' })}
          />
        )}
        <NewMessageAnnouncer conversationId={id} />
      </div>
    </JumpToMessageContext>
  );
}

/** The day of the first message in view; empty if the first row shows a day itself. */
function firstDayInView(list: MessageVirtualizer, rows: readonly Row[]): string {
  const index = list.getVirtualItemForOffset(list.scrollOffset ?? 0)?.index ?? 0;
  const row = rows[index];
  return row !== undefined && 'message' in row ? dayLabel(row.message.created_at) : '';
}

const isNearTop = ({ range }: MessageVirtualizer): boolean =>
  (range?.startIndex ?? 0) < PREFETCH_ROWS;
