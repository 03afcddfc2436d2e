import { type Database, integerArray, isRefusal, isUnavailable, textArray } from '@chasqui/db';
import { createBatcher, type Log } from '@chasqui/foundation';
import { ConflictError, InternalError, UnavailableError } from '@chasqui/protocol';
import { eventSize } from '../eventSize';
import type { TopicEvent, TopicGauges } from '../ports';
import { type PublishedRow, publishEvents } from '../statements';
import { type CheckedEvent, checkEvents, type NewTopicEvent, type TopicBounds } from './newEvents';

export interface Published {
  readonly id: string;
  readonly seq: number;
  /** An earlier publish with this id and the same content has stored it. */
  readonly repeated: boolean;
}

export interface Publisher {
  publish(events: readonly NewTopicEvent[]): Promise<Published[]>;
  /** Resolves when no publish is queued or in flight. */
  idle(): Promise<void>;
}

export interface PublisherDeps {
  /** The name of the log. */
  name: string;
  db: Database;
  log: Log;
  gauges: TopicGauges;
  bounds: TopicBounds;
  /** The log has grown to `lastSeq`, or a repeat shows that it had; `events` are the newest, without gaps. */
  onCommitted(lastSeq: number, events: readonly TopicEvent[]): void;
  /** A publish may have been committed or may still be. */
  onUnknown(): void;
}

/** Publishes per transaction. */
const MAX_BATCH = 64;
/** Bytes of the events that wait or are in flight. While PostgreSQL does not answer, memory must not grow. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** Group commit: publishes that come while one transaction is under way share the next. */
export function createPublisher(deps: PublisherDeps): Publisher {
  const { db, name, log, gauges } = deps;
  let waitingBytes = 0;

  const overloaded = (): UnavailableError =>
    new UnavailableError('too many events are waiting; retry with the same event id');

  // One at a time: a second transaction would only wait for the lock on the log's row.
  const batcher = createBatcher<CheckedEvent[], Published[]>({
    ...{ maxBatch: MAX_BATCH, inFlight: 1, overflow: overloaded, isRefusal },
    answerAll: commit,
  });

  async function commit(requests: CheckedEvent[][]): Promise<(Published[] | Error)[]> {
    const events = requests.flat();
    const rows = await publishEvents.rows(db, name, ...toArrays(events));
    const added: TopicEvent[] = [];
    events.forEach((event, i) => {
      const row = rows[i];
      if (row?.outcome === 'new') added.push({ ...event, seq: row.seq, at: row.at });
    });
    announce(rows, added);
    let from = 0;
    return requests.map((request) => {
      const outcome = answer(request, rows.slice(from, from + request.length));
      from += request.length;
      return outcome;
    });
  }

  function announce(rows: readonly PublishedRow[], added: readonly TopicEvent[]): void {
    gauges.published(added.length);
    const lastSeq = rows.reduce((max, { seq }) => Math.max(max, seq), 0);
    try {
      // Also for a repeat: the first attempt may have been committed without an announcement.
      deps.onCommitted(lastSeq, added);
    } catch (error) {
      log.error({ err: error, log: name }, 'announcing committed events failed');
    }
  }

  function failed(error: unknown): unknown {
    if (!isUnavailable(error)) return error;
    deps.onUnknown();
    const translated = new UnavailableError(
      'the store does not answer; retry with the same event id',
    );
    translated.cause = error;
    return translated;
  }

  return {
    async publish(events) {
      const checked = checkEvents(events, deps.bounds);
      const bytes = checked.reduce((sum, event) => sum + eventSize(event), 0);
      if (waitingBytes + bytes > MAX_WAITING_BYTES) throw overloaded();
      waitingBytes += bytes;
      try {
        return await batcher.ask(checked);
      } catch (error) {
        throw failed(error);
      } finally {
        waitingBytes -= bytes;
      }
    },
    idle: () => batcher.idle(),
  };
}

function toArrays(events: readonly CheckedEvent[]): unknown[] {
  return [
    textArray(events.map(({ id }) => id)),
    textArray(events.map(({ topics }) => JSON.stringify(topics))),
    events.map((event) => event.private),
    textArray(events.map(({ type }) => type)),
    textArray(events.map(({ data }) => data)),
    integerArray(events.map(({ retry }) => retry)),
  ];
}

function answer(
  events: readonly CheckedEvent[],
  rows: readonly PublishedRow[],
): Published[] | Error {
  if (rows.length !== events.length) return new InternalError('a publish left an event out');
  if (rows.some(({ outcome }) => outcome === 'conflict')) {
    return new ConflictError('another event has this id');
  }
  return events.map(({ id }, i) => ({
    ...{ id, seq: rows[i]?.seq ?? 0, repeated: rows[i]?.outcome === 'repeat' },
  }));
}
