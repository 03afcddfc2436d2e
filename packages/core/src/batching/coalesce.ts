import { isRefusal } from '@chasqui/db';
import { UnavailableError } from '@chasqui/protocol';

/** Questions that are asked one by one and answered together. */
export interface Coalescer<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void>;
}

/** Beyond it a question is refused at once: while the store stands still, memory must not grow. */
const MAX_QUEUED = 50_000;

/**
 * Gathers what is asked while up to `inFlight` batches are on their way, so that under load each
 * statement carries many (group commit). `answerAll` answers in the order of the questions; an Error
 * among the answers rejects that question alone, a throw rejects the whole batch, except that what
 * PostgreSQL refuses is asked again one by one: a bad question must not fail its neighbours.
 */
export function createCoalescer<Question, Answer>(options: {
  maxBatch: number;
  inFlight: number;
  /**
   * Milliseconds from the start of one batch to that of the next, given how long the last one took, for
   * questions that nobody waits for closely: each batch costs about the same whether it carries five
   * or fifty.
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
    // After this turn of the event loop, so that questions of the same moment share a batch.
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
