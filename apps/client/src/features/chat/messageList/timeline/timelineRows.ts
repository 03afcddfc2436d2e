import type { ChatMessage } from '@pern/sdk/entry';
import { isOnItsWay, messageKey, type ShownMessage } from '../../../../store/chatView';
import { dayOf } from '../../../../shared/formatting/dates';

/** What the list of a chat window consists of, from top to bottom. Keys stay when rows come before or after. */
export type Row =
  | { readonly type: 'day'; readonly key: string; readonly at: string }
  | { readonly type: 'new'; readonly key: string }
  | { readonly type: 'event'; readonly key: string; readonly message: ChatMessage }
  | {
      readonly type: 'message';
      readonly key: string;
      readonly message: ShownMessage;
      readonly isMine: boolean;
      /** The first, or last, of several by one person in a row: where their name, or picture, stands. */
      readonly isFirst: boolean;
      readonly isLast: boolean;
    };

type MessageRow = Extract<Row, { type: 'message' }>;

interface Timeline {
  readonly messages: readonly ShownMessage[];
  readonly me: string | undefined;
  /** The line "new messages" stands before the first message by others after this; null: nowhere. */
  readonly newAfter: number | null;
  /** Whether there is history before the first: then its day may have begun before it. */
  readonly hasOlder: boolean;
}

/** Messages by one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

export function timelineRows({ messages, me, newAfter, hasOlder }: Timeline): Row[] {
  const rows: Row[] = [];
  let before: ShownMessage | undefined;
  let isMarked = newAfter === null || !reachesBack({ messages, newAfter, hasOlder });
  for (const message of messages) {
    const key = messageKey(message, me);
    const isNewDay = before === undefined ? !hasOlder : !isSameDay(before, message);
    // Named by the message below it: when history comes before, the line above the old first one is another row.
    if (isNewDay) rows.push({ type: 'day', key: `day ${key}`, at: message.created_at });
    if (!isMarked && isNew(message, me, newAfter ?? 0)) {
      rows.push({ type: 'new', key: 'new' });
      isMarked = true;
    }
    if (!isOnItsWay(message) && message.kind === 'event')
      rows.push({ type: 'event', key, message });
    else addMessage(rows, { type: 'message', key, message, ...authorship(message, me) });
    before = message;
  }
  return rows;
}

/** Whether the first new message is among these; where it is older, the line would stand before any other. */
function reachesBack({ messages, newAfter, hasOlder }: Omit<Timeline, 'me'>): boolean {
  const [first] = messages;
  if (!hasOlder || first === undefined || isOnItsWay(first)) return true;
  return first.seq <= (newAfter ?? 0) + 1;
}

function addMessage(rows: Row[], row: MessageRow): void {
  const above = rows.at(-1);
  if (above?.type !== 'message' || !standTogether(above, row)) {
    rows.push(row);
    return;
  }
  rows[rows.length - 1] = { ...above, isLast: false };
  rows.push({ ...row, isFirst: false });
}

function standTogether(above: MessageRow, below: MessageRow): boolean {
  if (above.isMine !== below.isMine) return false;
  if (!below.isMine && senderOf(above.message) !== senderOf(below.message)) return false;
  const apart = Date.parse(below.message.created_at) - Date.parse(above.message.created_at);
  return apart < TOGETHER_MS;
}

const senderOf = (message: ShownMessage): string | undefined =>
  isOnItsWay(message) ? undefined : message.sender_id;

function authorship(message: ShownMessage, me: string | undefined) {
  const isMine = isOnItsWay(message) || message.sender_id === me;
  return { isMine, isFirst: true, isLast: true };
}

const isSameDay = (a: ShownMessage, b: ShownMessage): boolean =>
  dayOf(a.created_at) === dayOf(b.created_at);

const isNew = (message: ShownMessage, me: string | undefined, after: number): boolean =>
  !isOnItsWay(message) &&
  message.kind === 'message' &&
  message.sender_id !== me &&
  message.seq > after;
