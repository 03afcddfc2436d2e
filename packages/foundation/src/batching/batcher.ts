/** Requests that are made one by one and answered together. */
export interface Batcher<Request, Answer> {
  /** Rejects at once, with the error of `overflow`, while more requests wait than the batcher keeps. */
  ask(request: Request): Promise<Answer>;
  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void>;
}

export interface BatcherOptions<Request, Answer> {
  maxBatch: number;
  /** Number of batches that may be under way at once. */
  inFlight: number;
  /** Number of requests that may wait: memory must not grow while the store is blocked. */
  maxQueued?: number;
  /** Says why a request beyond `maxQueued` is refused. */
  overflow: () => Error;
  /**
   * Milliseconds from the start of one batch to the start of the next, given how long the last one took.
   * For requests whose latency does not matter: a batch costs about the same with five as with fifty.
   */
  paceMs?: (lastTookMs: number) => number;
  /**
   * Answers in the order of the requests. An Error among the answers rejects that request alone; a throw
   * rejects the whole batch.
   */
  answerAll: (requests: Request[]) => Promise<(Answer | Error)[]>;
  /**
   * Whether one request may be to blame for a failed batch. Then each is asked again alone, so that a bad
   * request does not fail its neighbours.
   */
  isRefusal?: (error: unknown) => boolean;
}

const MAX_QUEUED = 50_000;

/**
 * Gathers requests while up to `inFlight` batches are under way, so that under load each statement
 * carries many (group commit).
 */
export function createBatcher<Request, Answer>(
  options: BatcherOptions<Request, Answer>,
): Batcher<Request, Answer> {
  const { maxBatch, inFlight, maxQueued = MAX_QUEUED, isRefusal = () => false } = options;
  interface Queued {
    request: Request;
    resolve: (answer: Answer) => void;
    reject: (error: unknown) => void;
  }
  const queue: Queued[] = [];
  let underWay = 0;
  let scheduled = false;
  let lastStart = -Infinity;
  let lastTookMs = 0;
  let onIdle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || underWay >= inFlight || queue.length === 0) return;
    scheduled = true;
    const pauseMs = lastStart + (options.paceMs?.(lastTookMs) ?? 0) - performance.now();
    // After this turn of the event loop, so that requests of the same moment share a batch.
    if (pauseMs > 0) setTimeout(start, pauseMs);
    else setImmediate(start);
  }

  function start(): void {
    scheduled = false;
    lastStart = performance.now();
    send();
    schedule();
  }

  function send(): void {
    if (queue.length === 0) return;
    underWay += 1;
    const began = performance.now();
    void answer(queue.splice(0, maxBatch)).finally(() => {
      underWay -= 1;
      lastTookMs = performance.now() - began;
      schedule();
      if (underWay > 0 || queue.length > 0) return;
      for (const resolve of onIdle) resolve();
      onIdle = [];
    });
  }

  /** Never rejects. */
  async function answer(batch: Queued[]): Promise<void> {
    try {
      const answers = await options.answerAll(batch.map(({ request }) => request));
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
    ask: (request) =>
      new Promise<Answer>((resolve, reject) => {
        if (queue.length >= maxQueued) {
          reject(options.overflow());
          return;
        }
        queue.push({ request, resolve, reject });
        schedule();
      }),
    idle: () =>
      underWay === 0 && queue.length === 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => onIdle.push(resolve)),
  };
}
