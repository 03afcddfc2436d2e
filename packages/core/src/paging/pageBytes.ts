import { type Conversation, type Message, PAGE_MAX_BYTES } from '@chasqui/protocol';

/** Bytes of JSON for the items of a page; the rest is for field names and the cursor. */
export const PAGE_ITEMS_BYTES = PAGE_MAX_BYTES - 4_096;

/**
 * The first items that fit a page, at least one so that paging always advances. Items are encoded to measure them only
 * if the sum of `atMost`, a cheap upper bound for one item, exceeds the page.
 */
export function fitPage<T>(items: T[], atMost: (item: T) => number): T[] {
  if (sumOf(items, atMost) <= PAGE_ITEMS_BYTES) return items;
  let bytes = 0;
  const end = items.findIndex((item) => (bytes += encodedBytes(item)) > PAGE_ITEMS_BYTES);
  return end === -1 ? items : items.slice(0, Math.max(1, end));
}

/** An upper bound for the bytes of a message's JSON. A character takes at most three bytes. */
export function messageBytesAtMost(message: Message): number {
  const { content_encrypted: content, reactions, event } = message;
  const ofReactions = sumOf(reactions, ({ user_ids }) => 200 + 40 * user_ids.length);
  return 2_000 + 3 * (content?.length ?? 0) + ofReactions + (event ? encodedBytes(event) : 0);
}

/** An upper bound for the bytes of a conversation's JSON. */
export function conversationBytesAtMost({ participants, last_message }: Conversation): number {
  const ofMessage = last_message === null ? 0 : messageBytesAtMost(last_message);
  return 2_500 + 1_000 * participants.length + ofMessage;
}

/** The sum of `bytesOf` over all items. */
export function sumOf<T>(items: readonly T[], bytesOf: (item: T) => number): number {
  return items.reduce((sum, item) => sum + bytesOf(item), 0);
}

/** Bytes of the item's JSON and a comma. */
export function encodedBytes(item: unknown): number {
  return Buffer.byteLength(JSON.stringify(item)) + 1;
}
