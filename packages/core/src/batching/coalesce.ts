import { isRefusal } from '@chasqui/db';
import { UnavailableError } from '@chasqui/protocol';

/** Requests that are made one by one and answered in batches. */
export interface Coalescer<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void>;
}

/** Above it a request is refused at once: while PostgreSQL does not answer, memory must not grow. */
const MAX_QUEUED = 50_000;

/**
 * Collects requests while up to `inFlight` batches are running, so that under load each statement carries many (group
 * commit). `answerAll` answers in the order of the requests. An Error among the answers rejects that request alone; a
 * throw rejects the whole batch. If PostgreSQL refuses a batch, its requests are retried one by one, so that a bad
 * request does not fail the others.
 */
export function createCoalescer<Question, Answer>(options: {
  maxBatch: number;
  inFlight: number;
  /**
   * Milliseconds from the start of one batch to the start of the next, given how long the last one took. For requests
   * that can wait: a batch of five costs about the same as one of fifty.
   */
  paceMs?: (lastTookMs: number) => number;
  answerAll: (questions: Question[]) => Promise<(Answer | Error)[]>;
}): Coalescer<Question, Answer> {
  interface EndpointRequest {
    question: Question;
    resolve: (answer: Answer) => void;
    reject: (error: unknown) => void;
  }
  const queue: EndpointRequest[] = [];
  let flying = 0;
  let scheduled = false;
  let lastStart = -Infinity;
  let lastTookMs = 0;
  let onIdle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || flying >= options.inFlight || queue.length === 0) return;
    scheduled = true;
    const pauseMs = lastStart + (options.paceMs?.(lastTookMs) ?? 0) - performance.now();
    // After this turn of the event loop, so that concurrent requests share a batch.
    if (pauseMs > 0) setTimeout(start, pauseMs);
    else setImmediate(start);
  }

  function start(): void {
    scheduled = false;
    lastStart = performance.now();
    fly();
    schedule();
  }

  function fly(): void {
    if (queue.length === 0) return;
    flying += 1;
    const began = performance.now();
    void answer(queue.splice(0, options.maxBatch)).finally(() => {
      flying -= 1;
      lastTookMs = performance.now() - began;
      schedule();
      if (flying === 0 && queue.length === 0) {
        for (const resolve of onIdle) resolve();
        onIdle = [];
      }
    });
  }

  /** Never rejects. */
  async function answer(batch: EndpointRequest[]): Promise<void> {
    try {
      const answers = await options.answerAll(batch.map(({ question }) => question));
      batch.forEach(({ resolve, reject }, i) => {
        const one = answers[i];
        if (one instanceof Error) reject(one);
        else resolve(one as Answer);
      });
    } catch (error) {
      if (batch.length > 1 && isRefusal(error)) for (const one of batch) await answer([one]);
      else for (const { reject } of batch) reject(error);
    }
  }

  return {
    ask: (question) =>
      new Promise<Answer>((resolve, reject) => {
        if (queue.length >= MAX_QUEUED) {
          reject(new UnavailableError('the store is too slow; try again'));
          return;
        }
        queue.push({ question, resolve, reject });
        schedule();
      }),
    idle: () =>
      flying === 0 && queue.length === 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => onIdle.push(resolve)),
  };
}
