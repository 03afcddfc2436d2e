import { type Database, isRefusal, isUnavailable, toStoreError } from '@chasqui/db';
import type { Clock, Log } from '@chasqui/foundation';
import { InternalError, type Message, NotFoundError, UnavailableError } from '@chasqui/protocol';
import { appendBatch, type AppendResult, type Send } from './appendBatch';
import { entryOf } from '../events/entry';
import type { AfterRefusal } from '../consent/refusedSend';
import type { FanOut } from '../fanout/fanOut';
import type { Gauges, Wakeups } from '../ports/index';
import { createLockedLanes } from './lockedLanes';
import { refusal } from './refusal';
import { createSendLanes } from './sendLanes';
import { GuardedReply, type SendReply, type SendRequest, type StoredSends } from './send';

export interface Sender {
  /**
   * Commits the message under this id (D1), and then hands its entry and its reply to the fan-out as one value. The
   * same client message id yields the first message in its current state (D2).
   */
  send(id: string, request: SendRequest, reply: SendReply): void;
  /** Resolves when no send is queued or in flight. */
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
  afterRefusal: AfterRefusal;
  fanOut: Pick<FanOut, 'stored'>;
  wakeups: Wakeups;
}

const MAX_BATCH = 200;
/** One batch commits while the next is prepared. More would only make the batches smaller. */
const IN_FLIGHT = 2;
/** Every batch has a fixed cost: while a large batch is in flight, a second one starts only when it is large too (R2). */
const LARGE_BATCH = 20;
const LARGE_SECOND = MAX_BATCH / 2;
/** Beyond this, a send is refused immediately: its command would time out while queued. */
const MAX_QUEUED = 20_000;
/** A send that has waited this long is refused without an attempt. */
const MAX_AGE_MS = 7_000;

interface Queued extends Send {
  reply: SendReply;
  enqueuedAt: number;
  isRetry: boolean;
}

/** The send path: group commit over conversations, first in first out within one. */
export function createSender(deps: SenderDeps): Sender {
  const { db, clock } = deps;
  const lanes = createSendLanes<Queued>(({ request }) =>
    request.clientMessageId === null ? null : `${request.senderId} ${request.clientMessageId}`,
  );
  let batchesInFlight = 0;
  let sendsInFlight = 0;
  let answering = 0;
  let scheduled = false;
  let onIdle: (() => void)[] = [];
  const locked = createLockedLanes<Queued>({
    ...{ clock, maxBatch: MAX_BATCH, startBatch, onDone: settle },
    commitWaiting: (sends) => commit(sends, true),
  });

  function schedule(): void {
    if (scheduled || batchesInFlight >= IN_FLIGHT || lanes.due === 0) return;
    if (sendsInFlight >= LARGE_BATCH && lanes.due < LARGE_SECOND) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      startBatch(lanes.take(MAX_BATCH).flatMap(({ waiting }) => waiting));
      schedule();
    });
  }

  function startBatch(sends: Queued[]): void {
    if (sends.length === 0) return;
    batchesInFlight += 1;
    sendsInFlight += sends.length;
    void commit(sends, false).finally(() => {
      batchesInFlight -= 1;
      sendsInFlight -= sends.length;
      settle();
    });
  }

  function isIdle(): boolean {
    return batchesInFlight + answering + locked.count + lanes.waiting === 0;
  }

  function settle(): void {
    schedule();
    if (!isIdle()) return;
    for (const resolve of onIdle) resolve();
    onIdle = [];
  }

  /** Commits, delivers and answers, then releases the conversations. Never rejects. */
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
    locked.add(busyLanes.values());
  }

  /** One transaction for all sends. Returns those whose conversations are locked; the others are answered. */
  async function attempt(sends: Queued[], wait: boolean): Promise<Queued[]> {
    if (sends.length === 0) return [];
    let result: AppendResult;
    try {
      result = await appendBatch(db, sends, wait, deps.firstDelayMs);
    } catch (error) {
      return failed(sends, error);
    }
    // Committed: from here on nothing may be retried, even after a failure.
    deps.gauges.sendBatch(sends.length);
    return finishAll(sends, result);
  }

  function withoutStale(sends: Queued[]): Queued[] {
    const oldest = clock.now() - MAX_AGE_MS;
    return sends.filter((send) => {
      if (send.enqueuedAt >= oldest) return true;
      send.reply.failed(
        new UnavailableError('the store is too slow; retry with the same client message id'),
      );
      return false;
    });
  }

  function finishAll(sends: Queued[], { outcomes, waiting }: AppendResult): Queued[] {
    const busy: Queued[] = [];
    const stored = new Map<string, StoredSends>();
    sends.forEach((send, i) => {
      const outcome = outcomes[i];
      switch (outcome?.outcome) {
        case undefined:
          send.reply.failed(new InternalError('append_messages left a send out'));
          break;
        case 'busy':
          busy.push(send);
          break;
        case 'repeat':
          void answerLater(send, () => answerRepeat(send, outcome.messageId));
          break;
        case 'new': {
          const { message, at, membersVersion } = outcome;
          const entry = entryOf(message, at, send.reply.origin);
          const { conversationId } = send.request;
          const group = stored.get(conversationId) ?? { conversationId, membersVersion, sends: [] };
          group.sends.push({ entry, message, reply: send.reply });
          stored.set(conversationId, group);
          break;
        }
        case 'not_found':
        case 'blocked': {
          const refused = refusal(outcome.outcome);
          void answerLater(send, () => answerRefused(send, refused));
          break;
        }
        case 'conflict':
        case 'bad_reply':
        case 'deleted':
          send.reply.failed(refusal(outcome.outcome));
          break;
        default:
          outcome satisfies never;
      }
    });
    try {
      deps.fanOut.stored([...stored.values()]);
      if (waiting.length > 0) deps.wakeups.enqueueAfterCommit(waiting);
    } catch (error) {
      deps.log.error({ err: error }, 'announcing committed messages failed');
    }
    return busy;
  }

  async function answerLater(send: Queued, answer: () => Promise<void>): Promise<void> {
    answering += 1;
    try {
      await answer();
    } catch (error) {
      send.reply.failed(asError(error));
    }
    answering -= 1;
    settle();
  }

  async function answerRepeat({ reply }: Queued, messageId: string): Promise<void> {
    const message = await deps.readMessage(messageId);
    if (message === undefined) reply.failed(new NotFoundError());
    else reply.repeated(message);
  }

  async function answerRefused(send: Queued, refused: Error): Promise<void> {
    const next = send.isRetry ? refused : await deps.afterRefusal(send.request, refused);
    if (next === 'retry') enqueue({ ...send, enqueuedAt: clock.now(), isRetry: true });
    else send.reply.failed(next);
  }

  /**
   * Answers a batch that failed. When PostgreSQL refused it, nothing was stored; the sends are then tried one by one,
   * so that one bad send cannot fail the others. After any other failure the outcome is unknown.
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
    for (const send of sends) send.reply.failed(asError(error));
    return [];
  }

  function enqueue(send: Queued): void {
    if (lanes.waiting >= MAX_QUEUED) {
      send.reply.failed(
        new UnavailableError('too many sends are waiting; retry with the same client message id'),
      );
      return;
    }
    lanes.add(send.request.conversationId, send);
    schedule();
  }

  return {
    send: (id, request, reply) =>
      enqueue({
        ...{ id, request, reply: new GuardedReply(reply, deps.log) },
        ...{ enqueuedAt: clock.now(), isRetry: false },
      }),
    idle: () => (isIdle() ? Promise.resolve() : new Promise((resolve) => onIdle.push(resolve))),
  };
}

function asError(error: unknown): Error {
  const translated = toStoreError(error);
  return translated instanceof Error ? translated : new InternalError(String(translated));
}
