import type { VirtualItem } from '@tanstack/react-virtual';

/** Where somebody was in a conversation: how far down, and how high what is above was. */
export interface Place {
  readonly offset: number;
  readonly measured: VirtualItem[];
}

const places = new Map<string, Place>();

/** undefined: at the end, where one begins anyway. */
export function keepPlace(conversationId: string, place: Place | undefined): void {
  if (place === undefined) places.delete(conversationId);
  else places.set(conversationId, place);
}

export const placeIn = (conversationId: string): Place | undefined => places.get(conversationId);
