import { newId } from '@chasqui/foundation';
import { ValidationError } from '@chasqui/protocol';
import type { TopicEvent } from '../ports';

/** An event to publish. */
export interface NewTopicEvent {
  /** Makes the publish repeatable while the event is kept; generated when it is left out. */
  readonly id?: string | undefined;
  readonly topics: readonly string[];
  readonly private?: boolean | undefined;
  readonly type?: string | null | undefined;
  readonly data: string;
  /** A whole number of milliseconds. */
  readonly retry?: number | null | undefined;
}

/** An event with all fields that it has before its commit. */
export type CheckedEvent = Omit<TopicEvent, 'seq' | 'at'>;

export interface TopicBounds {
  /** Bytes of UTF-8 in the data of an event. */
  readonly dataBytes: number;
  /** Topics of an event. */
  readonly topics: number;
  /** Bytes of UTF-8 in a topic, an id or a type. */
  readonly nameBytes: number;
  /** Events of one publish. */
  readonly events: number;
}

export const usualBounds: TopicBounds = {
  dataBytes: 65_536,
  topics: 100,
  nameBytes: 2_048,
  events: 100,
};

const RETRY_MAX_MS = 2_147_483_647;
// Encoding replaces lone surrogates, so two different ids could become equal.
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Checks the events of one publish and completes them.
 * @throws ValidationError; with status 413 when data is too large.
 */
export function checkEvents(events: readonly NewTopicEvent[], bounds: TopicBounds): CheckedEvent[] {
  if (events.length === 0 || events.length > bounds.events) {
    throw new ValidationError(`a publish has 1 to ${bounds.events} events`);
  }
  return events.map((event, i) => checkEvent(event, `events.${i}`, bounds));
}

function checkEvent(event: NewTopicEvent, path: string, bounds: TopicBounds): CheckedEvent {
  const { id = newId(), topics, data, type = null, retry = null } = event;
  if (Buffer.byteLength(data) > bounds.dataBytes) {
    throw new ValidationError(
      'the data is too large',
      [{ path: `${path}.data`, message: `must be at most ${bounds.dataBytes} bytes of UTF-8` }],
      413,
    );
  }
  const problems: { path: string; message: string }[] = [];
  const check = (field: string, message: string | undefined): void => {
    if (message !== undefined) problems.push({ path: `${path}.${field}`, message });
  };
  check('data', textProblem(data));
  check('id', nameProblem(id, bounds.nameBytes));
  if (type !== null) check('type', nameProblem(type, bounds.nameBytes));
  if (topics.length === 0 || topics.length > bounds.topics) {
    check('topics', `must be 1 to ${bounds.topics} topics`);
  } else {
    topics.forEach((topic, i) => check(`topics.${i}`, nameProblem(topic, bounds.nameBytes)));
  }
  if (retry !== null && !(Number.isInteger(retry) && retry >= 0 && retry <= RETRY_MAX_MS)) {
    check('retry', 'must be a whole number of milliseconds');
  }
  if (problems.length > 0) throw new ValidationError('the event is not valid', problems);
  return { id, topics: [...topics], private: event.private ?? false, type, data, retry };
}

function nameProblem(name: string, maxBytes: number): string | undefined {
  if (name === '') return 'must not be empty';
  if (Buffer.byteLength(name) > maxBytes) return `must be at most ${maxBytes} bytes of UTF-8`;
  return textProblem(name);
}

function textProblem(text: string): string | undefined {
  if (text.includes('\0')) return 'must not have a NUL character';
  return LONE_SURROGATE.test(text) ? 'must be well-formed Unicode' : undefined;
}
