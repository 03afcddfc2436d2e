import type { ChatMessage } from '@chasqui/sdk';
import { isOutboxEntry, messageKey, type ShownMessage } from '../../../../store/chatView';
import { dayOf } from '../../../../shared/formatting/dates';

/** A row of the message list. Keys are stable when rows are added before or after. */
export type Row =
  | { readonly type: 'day'; readonly key: string; readonly at: string }
  | { readonly type: 'new'; readonly key: string }
  | { readonly type: 'event'; readonly key: string; readonly message: ChatMessage }
  | {
      readonly type: 'message';
      readonly key: string;
      readonly message: ShownMessage;
      readonly isMine: boolean;
      /** Whether it starts or ends a group of messages by one person. The first shows the name, the last the avatar. */
      readonly isFirst: boolean;
      readonly isLast: boolean;
    };

type MessageRow = Extract<Row, { type: 'message' }>;

interface Timeline {
  readonly messages: readonly ShownMessage[];
  readonly me: string | undefined;
  /** The "New messages" divider precedes the first message by others after this seq; null for no divider. */
  readonly newAfter: number | null;
  /** Whether older messages exist. The day of the first loaded message may then have started earlier. */
  readonly hasOlder: boolean;
}

/** Messages by one person are grouped if they are less than this apart. */
const GROUP_MS = 5 * 60_000;

export function timelineRows({ messages, me, newAfter, hasOlder }: Timeline): Row[] {
  const rows: Row[] = [];
  let previous: ShownMessage | undefined;
  let hasDivider = newAfter === null || !isFirstNewLoaded({ messages, newAfter, hasOlder });
  for (const message of messages) {
    const key = messageKey(message, me);
    const isNewDay = previous === undefined ? !hasOlder : !isSameDay(previous, message);
    // The key comes from the message below, so that it survives when older messages are loaded.
    if (isNewDay) rows.push({ type: 'day', key: `day ${key}`, at: message.created_at });
    if (!hasDivider && isNew(message, me, newAfter ?? 0)) {
      rows.push({ type: 'new', key: 'new' });
      hasDivider = true;
    }
    if (!isOutboxEntry(message) && message.kind === 'event')
      rows.push({ type: 'event', key, message });
    else addMessage(rows, { type: 'message', key, message, ...authorship(message, me) });
    previous = message;
  }
  return rows;
}

/** Whether the first new message is loaded. Otherwise the divider would be in the wrong place. */
function isFirstNewLoaded({ messages, newAfter, hasOlder }: Omit<Timeline, 'me'>): boolean {
  const [first] = messages;
  if (!hasOlder || first === undefined || isOutboxEntry(first)) return true;
  return first.seq <= (newAfter ?? 0) + 1;
}

function addMessage(rows: Row[], row: MessageRow): void {
  const above = rows.at(-1);
  if (above?.type !== 'message' || !belongTogether(above, row)) {
    rows.push(row);
    return;
  }
  rows[rows.length - 1] = { ...above, isLast: false };
  rows.push({ ...row, isFirst: false });
}

function belongTogether(above: MessageRow, below: MessageRow): boolean {
  if (above.isMine !== below.isMine) return false;
  if (!below.isMine && senderOf(above.message) !== senderOf(below.message)) return false;
  const apart = Date.parse(below.message.created_at) - Date.parse(above.message.created_at);
  return apart < GROUP_MS;
}

const senderOf = (message: ShownMessage): string | undefined =>
  isOutboxEntry(message) ? undefined : message.sender_id;

function authorship(message: ShownMessage, me: string | undefined) {
  const isMine = isOutboxEntry(message) || message.sender_id === me;
  return { isMine, isFirst: true, isLast: true };
}

const isSameDay = (a: ShownMessage, b: ShownMessage): boolean =>
  dayOf(a.created_at) === dayOf(b.created_at);

const isNew = (message: ShownMessage, me: string | undefined, after: number): boolean =>
  !isOutboxEntry(message) &&
  message.kind === 'message' &&
  message.sender_id !== me &&
  message.seq > after;
