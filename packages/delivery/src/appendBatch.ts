import type { Database } from '@pern/db/connect';
import type { SendRequest } from './delivery';

/** One send on its way into the log. */
export interface Send {
  id: string;
  request: SendRequest;
  digest: string;
}

export type AppendOutcome =
  | { outcome: 'new'; seq: number; version: number; at: number; membersVersion: number }
  | { outcome: 'repeat'; messageId: string }
  | { outcome: 'conflict' | 'bad_reply' | 'not_found' | 'busy' };

export interface AppendResult {
  /** In the order of the sends. */
  outcomes: AppendOutcome[];
  /** Recipients who have something waiting since this batch and had nothing before. */
  waiting: string[];
}

const APPEND = `SELECT * FROM append_messages($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[],
  $6::text[], $7::uuid[], $8::text[], $9::boolean, $10::integer)`;

/**
 * Commits a batch of sends in one transaction (D1, D3). With `wait` false, sends to a conversation
 * that is locked elsewhere come back as 'busy'; with `wait` true it waits up to the lock time-out.
 * Recipients who now have something waiting are due after `firstDelayMs`.
 */
export async function appendBatch(
  db: Database,
  sends: Send[],
  wait: boolean,
  firstDelayMs = 2_000,
): Promise<AppendResult> {
  const rows = await db.query('append_messages', APPEND, [
    sends.map(({ id }) => id),
    sends.map(({ request }) => request.conversationId),
    sends.map(({ request }) => request.senderId),
    sends.map(({ request }) => request.clientMessageId),
    sends.map(({ request }) => request.messageType),
    sends.map(({ request }) => request.contentEncrypted),
    sends.map(({ request }) => request.replyToId),
    sends.map(({ digest }) => digest),
    wait,
    firstDelayMs,
  ]);
  const outcomes = new Array<AppendOutcome>(sends.length);
  const waiting: string[] = [];
  for (const row of rows as AppendRow[]) {
    const [ord, outcome, id, seq, version, at, membersVersion] = row;
    if (outcome === 'waiting') waiting.push(id);
    else outcomes[ord - 1] = toOutcome(outcome, id, seq, version, at, membersVersion);
  }
  return { outcomes, waiting };
}

type AppendRow = [
  ord: number,
  outcome: AppendOutcome['outcome'] | 'waiting',
  id: string,
  seq: number,
  version: number,
  at: number,
  membersVersion: number,
];

function toOutcome(
  outcome: AppendOutcome['outcome'],
  messageId: string,
  seq: number,
  version: number,
  at: number,
  membersVersion: number,
): AppendOutcome {
  switch (outcome) {
    case 'new':
      return { outcome, seq, version, at, membersVersion };
    case 'repeat':
      return { outcome, messageId };
    case 'conflict':
    case 'bad_reply':
    case 'not_found':
    case 'busy':
      return { outcome };
    default:
      return outcome satisfies never;
  }
}
