import type { VirtualItem, Virtualizer } from '@tanstack/react-virtual';

export type MessageVirtualizer = Virtualizer<HTMLDivElement, Element>;

/** A scroll position, relative to a message so that it survives changes above it. */
interface ScrollPosition {
  readonly key: VirtualItem['key'];
  /** From the top of the message to the top of the view, in pixels. */
  readonly offsetInMessage: number;
  /** Measured heights, so that the list does not start from estimates. */
  readonly measured: VirtualItem[];
}

/** By conversation, until the page is closed. */
const positions = new Map<string, ScrollPosition>();

/** Saves the position when a conversation is closed. Nothing is saved at the end, where a conversation opens anyway. */
export function saveScrollPosition(
  conversationId: string,
  list: MessageVirtualizer | undefined,
  endThreshold: number,
): void {
  const offset = list?.scrollOffset ?? 0;
  const item = list?.getVirtualItemForOffset(offset);
  if (list === undefined || item === undefined || list.isAtEnd(endThreshold)) {
    positions.delete(conversationId);
    return;
  }
  const measured = list.takeSnapshot();
  positions.set(conversationId, {
    ...{ key: item.key, offsetInMessage: offset - item.start },
    measured,
  });
}

export const savedScrollPosition = (conversationId: string): ScrollPosition | undefined =>
  positions.get(conversationId);

/** The scroll offset of a saved position; undefined if its message is gone. */
export function scrollOffsetOf(
  { key, offsetInMessage }: ScrollPosition,
  { measurementsCache: items }: MessageVirtualizer,
): number | undefined {
  const item = items.find((one) => one.key === key);
  return item === undefined ? undefined : item.start + offsetInMessage;
}
