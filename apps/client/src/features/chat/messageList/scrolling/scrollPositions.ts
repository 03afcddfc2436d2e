import type { VirtualItem, Virtualizer } from '@tanstack/react-virtual';

export type List = Virtualizer<HTMLDivElement, Element>;

/** Where somebody was in a conversation: at which message, and how high everything was that they have seen. */
interface Place {
  readonly key: VirtualItem['key'];
  /** From the upper end of the message to that of the view, in pixels. */
  readonly within: number;
  readonly measured: VirtualItem[];
}

/** For as long as the page is open. */
const places = new Map<string, Place>();

/** Keeps where somebody is who leaves; at the end, within some pixels, one begins anyway. */
export function keepPlace(conversationId: string, list: List | undefined, atEnd: number): void {
  const offset = list?.scrollOffset ?? 0;
  const item = list?.getVirtualItemForOffset(offset);
  if (list === undefined || item === undefined || list.isAtEnd(atEnd)) {
    places.delete(conversationId);
    return;
  }
  const measured = list.takeSnapshot();
  places.set(conversationId, { key: item.key, within: offset - item.start, measured });
}

export const placeIn = (conversationId: string): Place | undefined => places.get(conversationId);

/** How far down this place is now; undefined where its message is no more. */
export function offsetOf({ key, within }: Place, { measurementsCache: items }: List) {
  const item = items.find((one) => one.key === key);
  return item === undefined ? undefined : item.start + within;
}
