import {
  column,
  columns,
  flag,
  listOf,
  nullable,
  number,
  oneOf,
  type RawRow,
  statement,
  text,
} from '@chasqui/db';
import type { TopicEvent } from './ports';

export interface PublishedRow {
  outcome: 'new' | 'repeat' | 'conflict';
  seq: number;
  at: number;
}

/** Binds: log; and per event its id, topics as a JSON array, private, type, data and retry. Rows in their order. */
export const publishEvents = statement(
  'publish_topic_events',
  `SELECT outcome, seq, at
   FROM publish_topic_events($1, $2::text[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::integer[])`,
  columns<PublishedRow>({ outcome: oneOf('new', 'repeat', 'conflict'), seq: number, at: number }),
);

/** The seqs that a log holds: `firstSeq` is `lastSeq` + 1 when it holds no event. */
export interface LogRange {
  firstSeq: number;
  lastSeq: number;
}

/** No row before the first publish. */
export const logRange = statement(
  'topic_log_range',
  'SELECT first_seq::float8, last_seq::float8 FROM topic_logs WHERE name = $1',
  columns<LogRange>({ firstSeq: number, lastSeq: number }),
);

/** Binds: log, ids. One row per id, in their order: the seq of its event, null when there is none. */
export const seqsOfIds = statement(
  'topic_seqs_of_ids',
  `SELECT e.seq::float8
   FROM unnest($2::text[]) WITH ORDINALITY AS n (id, ord)
   LEFT JOIN topic_events e ON e.log = $1 AND e.id = n.id
   ORDER BY n.ord`,
  column(nullable(number)),
);

export const lastEvent = statement(
  'topic_last_event',
  'SELECT id, seq::float8 FROM topic_events WHERE log = $1 ORDER BY seq DESC LIMIT 1',
  columns<{ id: string; seq: number }>({ id: text, seq: number }),
);

export interface EventRow {
  firstSeq: number;
  /** Null when there are no events, in a single row. */
  event: TopicEvent | null;
}

const topics = listOf(text);
const textOrNull = nullable(text);
const numberOrNull = nullable(number);

/** Binds: log, seq, limit. The events behind the seq, and the range of the log at the same moment. */
export const eventsAfter = statement(
  'topic_events_after',
  `SELECT l.first_seq::float8, e.seq::float8, e.id, e.topics, e.private, e.type, e.data, e.retry,
     (extract(epoch FROM e.published_at) * 1000)::float8
   FROM topic_logs l LEFT JOIN LATERAL (
     SELECT * FROM topic_events n WHERE n.log = l.name AND n.seq > $2 ORDER BY n.seq LIMIT $3
   ) e ON true
   WHERE l.name = $1 ORDER BY e.seq`,
  decodeEvent,
);

// By hand: a page has many rows.
function decodeEvent(row: RawRow): EventRow {
  const firstSeq = number(row[0]);
  if (row[1] === null) return { firstSeq, event: null };
  return {
    firstSeq,
    event: {
      ...{ seq: number(row[1]), id: text(row[2]), topics: topics(row[3]), private: flag(row[4]) },
      ...{ type: textOrNull(row[5]), data: text(row[6]), retry: numberOrNull(row[7]) },
      at: number(row[8]),
    },
  };
}

export const logNames = statement(
  'topic_log_names',
  'SELECT name FROM topic_logs ORDER BY name',
  column(text),
);

/**
 * Binds: log, age in milliseconds, limit. Deletes the oldest events up to the first that is younger: what is left has
 * no gap. Returns the number of deleted events. A publish waits for it, so the limit is small.
 */
export const deleteOldEvents = statement(
  'delete_old_topic_events',
  `WITH oldest AS MATERIALIZED (
     SELECT e.seq, e.published_at FROM topic_logs l JOIN topic_events e ON e.log = l.name AND e.seq >= l.first_seq
     WHERE l.name = $1 ORDER BY e.seq LIMIT $3
   ),
   gone AS (
     DELETE FROM topic_events e WHERE e.log = $1 AND e.seq IN (
       SELECT o.seq FROM oldest o WHERE o.seq < coalesce(
         (SELECT min(y.seq) FROM oldest y
          WHERE y.published_at >= clock_timestamp() - $2::float8 * interval '1 millisecond'), 'infinity'::float8))
     RETURNING e.seq
   ),
   raised AS (
     UPDATE topic_logs l SET first_seq = greatest(l.first_seq, g.seq + 1)
     FROM (SELECT max(seq) AS seq FROM gone) g WHERE l.name = $1 AND g.seq IS NOT NULL
   )
   SELECT count(*)::integer FROM gone`,
  column(number),
);
