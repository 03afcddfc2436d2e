import { type Database, integerArray, textArray, uuidArray } from '@chasqui/db';
import type { Bar, Message } from '@chasqui/protocol';
import { isoTime } from '../messages/messageRows';
import type { SendRequest } from './send';

/** A send to append to the log. */
export interface Send {
  id: string;
  request: SendRequest;
}

export type AppendOutcome =
  /** Stored: `at` is the commit time in milliseconds, `membersVersion` the membership at the commit (D9). */
  | { outcome: 'new'; message: Message; at: number; membersVersion: number }
  | { outcome: 'repeat'; messageId: string }
  | { outcome: 'conflict' | 'bad_reply' | 'not_found' | 'busy' | Bar };

export interface AppendResult {
  /** In the order of the sends. An undefined outcome is a bug in append_messages. */
  outcomes: (AppendOutcome | undefined)[];
  /** Recipients whose first pending message is in this batch. */
  waiting: string[];
}

const APPEND = `SELECT * FROM append_messages($1::uuid[], $2::integer[], $3::uuid[], $4::uuid[], $5::integer[],
  $6::integer[], $7::text[], $8::text[], $9::text[], $10::uuid[], $11::boolean, $12::integer)`;

/**
 * Commits a batch of sends in one transaction (D1, D3). With `wait` false, sends to a conversation that another
 * transaction has locked return 'busy'; with `wait` true it waits up to the lock time-out. The wake-up of newly pending
 * recipients is due after `firstDelayMs`.
 */
export async function appendBatch(
  db: Database,
  sends: Send[],
  wait: boolean,
  firstDelayMs = 2_000,
): Promise<AppendResult> {
  const { conversations, writers, writerOf, numbers } = arrange(sends);
  const rows = await db.query('append_messages', APPEND, [
    uuidArray(conversations),
    integerArray(writers.map(({ conversation }) => conversation)),
    uuidArray(writers.map(({ id }) => id)),
    uuidArray(sends.map(({ id }) => id)),
    integerArray(writerOf),
    integerArray(numbers),
    textArray(sends.map(({ request }) => request.clientMessageId)),
    textArray(sends.map(({ request }) => request.messageType)),
    textArray(sends.map(({ request }) => request.contentEncrypted)),
    uuidArray(sends.map(({ request }) => request.replyToId)),
    wait,
    firstDelayMs,
  ]);

  const outcomes = new Array<AppendOutcome | undefined>(sends.length);
  const waiting: string[] = [];
  const grown = new Map<number, Grown>();
  for (const [outcome, place, id, seq, version, at, membersVersion] of rows as AppendRow[]) {
    if (outcome === 'waiting') waiting.push(id);
    else if (outcome === 'new') grown.set(place, { seq, version, at, membersVersion });
    else outcomes[place - 1] = toRefusal(outcome, id);
  }
  for (const [i, send] of sends.entries()) {
    if (outcomes[i] !== undefined) continue;
    const conversation = grown.get(writers[(writerOf[i] as number) - 1]?.conversation ?? 0);
    if (conversation === undefined) continue;
    // Sends that were not stored used no seq, so the following sends have lower ones.
    conversation.seq += 1;
    conversation.version += 1;
    const { at, membersVersion } = conversation;
    outcomes[i] = { outcome: 'new', message: toNewMessage(send, conversation), at, membersVersion };
  }
  return { outcomes, waiting };
}

/** A conversation that received messages, with the last entry assigned so far. */
interface Grown {
  seq: number;
  version: number;
  at: number;
  membersVersion: number;
}

type Refused = Exclude<AppendOutcome['outcome'], 'new'>;

type AppendRow = [
  outcome: Refused | 'new' | 'waiting',
  place: number,
  id: string,
  seq: number,
  version: number,
  at: number,
  membersVersion: number,
];

/** A sender in a conversation. Conversations are numbered from 1 in the order of ids. */
interface Writer {
  conversation: number;
  id: string;
}

/** The arguments of append_messages: conversations by id, writers, and the position of each send in its conversation. */
function arrange(sends: Send[]): {
  conversations: string[];
  writers: Writer[];
  writerOf: number[];
  numbers: number[];
} {
  const counts = new Map<string, number>();
  const numbers = sends.map(({ request: { conversationId } }) => {
    const number = (counts.get(conversationId) ?? 0) + 1;
    counts.set(conversationId, number);
    return number;
  });
  const conversations = [...counts.keys()].sort();
  const places = new Map(conversations.map((id, i) => [id, i + 1]));
  const writers: Writer[] = [];
  const known = new Map<string, number>();
  const writerOf = sends.map(({ request: { conversationId, senderId } }) => {
    const key = conversationId + senderId;
    let writer = known.get(key);
    if (writer === undefined) {
      writers.push({ conversation: places.get(conversationId) ?? 0, id: senderId });
      writer = writers.length;
      known.set(key, writer);
    }
    return writer;
  });
  return { conversations, writers, writerOf, numbers };
}

/** The newly stored message, identical to what a later read returns. */
function toNewMessage({ id, request }: Send, { seq, version, at }: Grown): Message {
  return {
    id,
    conversation_id: request.conversationId,
    seq,
    version,
    kind: 'message',
    sender_id: request.senderId,
    client_message_id: request.clientMessageId,
    message_type: request.messageType,
    content_encrypted: request.contentEncrypted,
    reply_to_id: request.replyToId,
    created_at: isoTime(at / 1000),
    edited_at: null,
    deleted_at: null,
    reactions: [],
    status: 'sent',
  };
}

function toRefusal(outcome: Refused, messageId: string): AppendOutcome {
  switch (outcome) {
    case 'repeat':
      return { outcome, messageId };
    case 'conflict':
    case 'bad_reply':
    case 'not_found':
    case 'busy':
    case 'blocked':
    case 'deleted':
      return { outcome };
    default:
      return outcome satisfies never;
  }
}
