import { type Database, isRefusal, isUnavailable, toStoreError } from '@chasqui/db';
import type { Clock, Log, Timer } from '@chasqui/foundation';
import { InternalError, type Message, NotFoundError, UnavailableError } from '@chasqui/protocol';
import { appendBatch, type AppendResult, type Send } from './appendBatch';
import type { SendRequest, SendResult } from './sendRequest';
import type { Gauges } from '../ports/index';
import { refusal, toNewMessage } from './sendAnswers';
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
  /** First delay of the backoff for a recipient who is offline, milliseconds (D5). */
  firstDelayMs: number;
  readMessage: (messageId: string) => Promise<Message | undefined>;
  /** Called once per batch, after the commit, with what is new. Must not throw. */
  announce: (committed: Committed[], waiting: string[]) => void;
}

const MAX_BATCH = 200;
/** Two: one batch commits while the next is being made. More would only split them. */
const IN_FLIGHT = 2;
/** Each batch costs something of its own: behind a large one, which is soon back, the second waits until it is large. */
const LARGE_BATCH = 20;
const WORTH_A_SECOND = MAX_BATCH / 2;
/** Batches that wait for a conversation locked elsewhere; they must never take the whole pool (fault 31). */
const MAX_WAITING_LANES = 4;
/** How soon those that got no place to wait in are looked at again. */
const LOOK_AGAIN_MS = 25;
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
  let flyingSends = 0;
  let waitingLanes = 0;
  let answering = 0;
  const lanesToWait: Queued[][] = [];
  let lookAgain: Timer | undefined;
  let scheduled = false;
  let onIdle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || flying >= IN_FLIGHT || lanes.due === 0) return;
    if (flyingSends >= LARGE_BATCH && lanes.due < WORTH_A_SECOND) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      fly(lanes.take(MAX_BATCH).flatMap(({ waiting }) => waiting));
      schedule();
    });
  }

  function fly(sends: Queued[]): void {
    if (sends.length === 0) return;
    flying += 1;
    flyingSends += sends.length;
    void commit(sends, false).finally(() => {
      flying -= 1;
      flyingSends -= sends.length;
      settle();
    });
  }

  function isIdle(): boolean {
    return flying + waitingLanes + answering + lanesToWait.length + lanes.waiting === 0;
  }

  function settle(): void {
    schedule();
    if (!isIdle()) return;
    for (const resolve of onIdle) resolve();
    onIdle = [];
  }

  /** Commits, announces and answers; then gives the conversations free. Never rejects. */
  async function commit(sends: Queued[], wait: boolean): Promise<void> {
    const busy = await attempt(withoutStale(sends), wait);
    const busyLanes = new Map<string, Queued[]>();
    for (const send of busy) {
      const lane = busyLanes.get(send.request.conversationId);
      if (lane === undefined) busyLanes.set(send.request.conversationId, [send]);
      else lane.push(send);
    }
    for (const id of new Set(sends.map(({ request }) => request.conversationId))) {
      if (!busyLanes.has(id)) lanes.release(id);
    }
    lanesToWait.push(...busyLanes.values());
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
    // All places are taken, perhaps for seconds: meanwhile the others are looked at without waiting,
    // for one that was busy for a moment must not queue behind those that are stuck.
    if (lanesToWait.length > 0) {
      lookAgain ??= clock.setTimeout(() => {
        lookAgain = undefined;
        let batch: Queued[] = [];
        for (const lane of lanesToWait.splice(0)) {
          if (batch.length + lane.length > MAX_BATCH) {
            fly(batch);
            batch = [];
          }
          batch.push(...lane);
        }
        fly(batch);
      }, LOOK_AGAIN_MS);
    }
  }

  /** One transaction for all. Returns those whose conversations are busy; the others are answered. */
  async function attempt(sends: Queued[], wait: boolean): Promise<Queued[]> {
    if (sends.length === 0) return [];
    let result: AppendResult;
    try {
      result = await appendBatch(db, sends, wait, deps.firstDelayMs);
    } catch (error) {
      return failed(sends, error);
    }
    // From here on it is committed: whatever goes wrong now, nothing may be tried again.
    deps.gauges.sendBatch(sends.length);
    return finishAll(sends, result);
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

  /** An answer that throws is a bug of who asked, and must not reach the others of its batch. */
  function finish(send: Queued, result: SendResult | Error): void {
    try {
      send.finish(result);
    } catch (error) {
      deps.log.error({ err: error }, 'the answer to a send failed');
    }
  }

  function finishAll(sends: Queued[], { outcomes, waiting }: AppendResult): Queued[] {
    const busy: Queued[] = [];
    const committed = new Map<string, Committed>();
    sends.forEach((send, i) => {
      const outcome = outcomes[i];
      switch (outcome?.outcome) {
        case undefined:
          finish(send, new InternalError('append_messages left a send out'));
          break;
        case 'busy':
          busy.push(send);
          break;
        case 'repeat':
          void answerRepeat(send, outcome.messageId);
          break;
        case 'new': {
          const message = toNewMessage(send, outcome.seq, outcome.version, outcome.at);
          const { conversationId } = send.request;
          const { membersVersion } = outcome;
          const group = committed.get(conversationId) ?? {
            conversationId,
            membersVersion,
            messages: [],
          };
          group.messages.push({ message, origin: send.origin, at: outcome.at });
          committed.set(conversationId, group);
          finish(send, { message, repeated: false });
          break;
        }
        case 'not_found':
        case 'conflict':
        case 'bad_reply':
        case 'blocked':
        case 'deleted':
          finish(send, refusal(outcome.outcome));
          break;
        default:
          outcome satisfies never;
      }
    });
    try {
      deps.announce([...committed.values()], waiting);
    } catch (error) {
      deps.log.error({ err: error }, 'announcing committed messages failed');
    }
    return busy;
  }

  async function answerRepeat(send: Queued, messageId: string): Promise<void> {
    answering += 1;
    try {
      const message = await deps.readMessage(messageId);
      finish(send, message === undefined ? new NotFoundError() : { message, repeated: true });
    } catch (error) {
      finish(send, asError(error));
    }
    answering -= 1;
    settle();
  }

  /**
   * Answers a batch that failed. What PostgreSQL refused, and so surely did not store, is tried again
   * one by one, so that one bad send cannot fail its neighbours; anything else may be stored (U).
   */
  async function failed(sends: Queued[], error: unknown): Promise<Queued[]> {
    if (!isUnavailable(error)) {
      deps.log.error({ err: error, sends: sends.length }, 'a batch of sends failed');
      if (sends.length > 1 && isRefusal(error)) {
        const busy: Queued[] = [];
        for (const send of sends) busy.push(...(await attempt(withoutStale([send]), false)));
        return busy;
      }
    }
    for (const send of sends) finish(send, asError(error));
    return [];
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
        origin,
        enqueuedAt: clock.now(),
        finish,
      });
      schedule();
    },
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve))),
  };
}

function asError(error: unknown): Error {
  const translated = toStoreError(error);
  return translated instanceof Error ? translated : new InternalError(String(translated));
}
