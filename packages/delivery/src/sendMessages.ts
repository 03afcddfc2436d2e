import type { Database } from '@pern/db/connect';
import { isUnavailable, toStoreError } from '@pern/db/storeErrors';
import {
  ConflictError,
  InternalError,
  NotFoundError,
  UnavailableError,
  ValidationError,
} from '@pern/protocol/errors';
import type { Message } from '@pern/protocol/message';
import { appendBatch, type AppendOutcome, type Send } from './appendBatch';
import type { SendRequest, SendResult } from './delivery';
import { digestOf } from './digest';
import type { Clock, Gauges, Log } from './ports';
import { createSendLanes } from './sendLanes';

/** What has just been committed to one conversation, in the order of seq. */
export interface Committed {
  conversationId: string;
  membersVersion: number;
  messages: { message: Message; origin: string | null; at: number }[];
}

export interface Sender {
  /**
   * Commits the message (D1) under the id given; the same client message id gives the first message
   * as it is now (D2). `origin` is the connection whose answer takes the frame's place. `finish` is
   * called once, in the same turn in which the commit is announced and before the announcement.
   */
  send(
    id: string,
    request: SendRequest,
    origin: string | null,
    finish: (result: SendResult | Error) => void,
  ): void;
  idle(): Promise<void>;
}

export interface SenderDeps {
  db: Database;
  clock: Clock;
  log: Log;
  gauges: Gauges;
  digestKey: () => Promise<Buffer>;
  /** First delay of the backoff for a recipient who is offline, milliseconds (D5). */
  firstDelayMs: number;
  readMessage: (messageId: string) => Promise<Message | undefined>;
  /** Called once per batch, after the commit, with what is new. Must not throw. */
  announce: (committed: Committed[], waiting: string[]) => void;
}

const MAX_BATCH = 200;
/** Two: one batch commits while the next is being made. More would only split them. */
const IN_FLIGHT = 2;
/** Batches that wait for a conversation locked elsewhere; they must never take the whole pool (fault 31). */
const MAX_WAITING_LANES = 4;
/** Beyond it a send is refused at once: waiting would outlast the caller's patience. */
const MAX_QUEUED = 20_000;
/** A send that has waited so long is refused without having been tried. */
const MAX_AGE_MS = 7_000;

interface Queued extends Send {
  origin: string | null;
  enqueuedAt: number;
  finish: (result: SendResult | Error) => void;
}

/** The send path: group commit over conversations, first in first out within one. */
export function createSender(deps: SenderDeps): Sender {
  const { db, clock } = deps;
  const lanes = createSendLanes<Queued>(({ request }) =>
    request.clientMessageId === null ? null : `${request.senderId} ${request.clientMessageId}`,
  );
  let flying = 0;
  let waitingLanes = 0;
  const lanesToWait: Queued[][] = [];
  let scheduled = false;
  let digestKey: Buffer | undefined;
  let onIdle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || flying >= IN_FLIGHT || !lanes.hasDue) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      const taken = lanes.take(MAX_BATCH);
      if (taken.length > 0) {
        flying += 1;
        const sends = taken.flatMap(({ waiting }) => waiting);
        void commit(sends, false).finally(() => {
          flying -= 1;
          settle();
        });
      }
      schedule();
    });
  }

  function settle(): void {
    schedule();
    if (flying === 0 && waitingLanes === 0 && lanes.waiting === 0) {
      for (const resolve of onIdle) resolve();
      onIdle = [];
    }
  }

  /** Commits, announces and answers; then gives the conversations free. Never rejects. */
  async function commit(sends: Queued[], wait: boolean): Promise<void> {
    const fresh = withoutStale(sends);
    let busy: Queued[] = [];
    try {
      if (fresh.length > 0) {
        digestKey ??= await deps.digestKey();
        for (const send of fresh) send.digest = digestOf(digestKey, send.request);
        const { outcomes, waiting } = await appendBatch(db, fresh, wait, deps.firstDelayMs);
        deps.gauges.sendBatch(fresh.length);
        busy = finishAll(fresh, outcomes, waiting);
      }
    } catch (error) {
      await failed(fresh, error, wait);
    }
    const busyIds = new Set(busy.map(({ request }) => request.conversationId));
    for (const id of new Set(sends.map(({ request }) => request.conversationId))) {
      if (!busyIds.has(id)) lanes.release(id);
    }
    for (const id of busyIds) {
      lanesToWait.push(busy.filter(({ request }) => request.conversationId === id));
    }
    waitForLanes();
  }

  /** Conversations that somebody holds get a transaction of their own that waits, so that the others need not. */
  function waitForLanes(): void {
    while (waitingLanes < MAX_WAITING_LANES) {
      const lane = lanesToWait.shift();
      if (lane === undefined) return;
      waitingLanes += 1;
      void commit(lane, true).finally(() => {
        waitingLanes -= 1;
        waitForLanes();
        settle();
      });
    }
  }

  function withoutStale(sends: Queued[]): Queued[] {
    const oldest = clock.now() - MAX_AGE_MS;
    return sends.filter((send) => {
      if (send.enqueuedAt >= oldest) return true;
      send.finish(
        new UnavailableError('the store is too slow; retry with the same client message id'),
      );
      return false;
    });
  }

  function finishAll(sends: Queued[], outcomes: AppendOutcome[], waiting: string[]): Queued[] {
    const busy: Queued[] = [];
    const committed = new Map<string, Committed>();
    const answers: (() => void)[] = [];
    sends.forEach((send, i) => {
      const outcome = outcomes[i];
      if (outcome === undefined) {
        answers.push(() => send.finish(new InternalError('append_messages left a send out')));
        return;
      }
      switch (outcome.outcome) {
        case 'busy':
          busy.push(send);
          break;
        case 'not_found':
          answers.push(() => send.finish(new NotFoundError()));
          break;
        case 'conflict':
          answers.push(() =>
            send.finish(new ConflictError('this client message id was used with other content')),
          );
          break;
        case 'bad_reply':
          answers.push(() =>
            send.finish(
              new ValidationError('reply_to_id: must be a message of this conversation', [
                { path: 'reply_to_id', message: 'must be a message of this conversation' },
              ]),
            ),
          );
          break;
        case 'repeat':
          void answerRepeat(send, outcome.messageId);
          break;
        case 'new': {
          const message = toNewMessage(send, outcome.seq, outcome.version, outcome.at);
          const { conversationId } = send.request;
          const group = committed.get(conversationId) ?? {
            conversationId,
            membersVersion: outcome.membersVersion,
            messages: [],
          };
          group.messages.push({ message, origin: send.origin, at: outcome.at });
          committed.set(conversationId, group);
          answers.push(() => send.finish({ message, repeated: false }));
          break;
        }
        default:
          outcome satisfies never;
      }
    });
    for (const answer of answers) answer();
    deps.announce([...committed.values()], waiting);
    return busy;
  }

  async function answerRepeat(send: Queued, messageId: string): Promise<void> {
    try {
      const message = await deps.readMessage(messageId);
      send.finish(message === undefined ? new NotFoundError() : { message, repeated: true });
    } catch (error) {
      send.finish(asError(error));
    }
  }

  /** What waiting cannot mend is tried again one by one, so that one bad send cannot fail its neighbours. */
  async function failed(sends: Queued[], error: unknown, wait: boolean): Promise<void> {
    if (isUnavailable(error) || sends.length <= 1) {
      if (!isUnavailable(error)) deps.log.error({ err: error }, 'a send failed');
      for (const send of sends) send.finish(asError(error));
      return;
    }
    deps.log.error(
      { err: error, sends: sends.length },
      'a batch of sends failed; trying one by one',
    );
    for (const send of sends) {
      try {
        const { outcomes, waiting } = await appendBatch(db, [send], true, deps.firstDelayMs);
        finishAll([send], outcomes, waiting);
      } catch (cause) {
        await failed([send], cause, wait);
      }
    }
  }

  return {
    send(id, request, origin, finish) {
      if (lanes.waiting >= MAX_QUEUED) {
        finish(
          new UnavailableError('too many sends are waiting; retry with the same client message id'),
        );
        return;
      }
      lanes.add(request.conversationId, {
        id,
        request,
        digest: '',
        origin,
        enqueuedAt: clock.now(),
        finish,
      });
      schedule();
    },
    idle: () =>
      flying === 0 && waitingLanes === 0 && lanes.waiting === 0
        ? Promise.resolve()
        : new Promise((resolve) => onIdle.push(resolve)),
  };
}

function asError(error: unknown): Error {
  const translated = toStoreError(error);
  return translated instanceof Error ? translated : new InternalError(String(translated));
}

function toNewMessage(send: Queued, seq: number, version: number, at: number): Message {
  const { request } = send;
  return {
    id: send.id,
    conversation_id: request.conversationId,
    seq,
    version,
    kind: 'message',
    sender_id: request.senderId,
    client_message_id: request.clientMessageId,
    message_type: request.messageType,
    content_encrypted: request.contentEncrypted,
    reply_to_id: request.replyToId,
    created_at: new Date(at).toISOString(),
    edited_at: null,
    deleted_at: null,
    reactions: [],
    status: 'sent',
  };
}
