/** Questions that are asked one by one and answered together. */
export interface Coalescer<Question, Answer> {
  ask(question: Question): Promise<Answer>;
  /** Resolves when nothing is queued or in flight. */
  idle(): Promise<void>;
}

/**
 * Gathers what is asked while up to `inFlight` batches are on their way, so that under load each
 * statement carries many (group commit). `answerAll` answers in the order of the questions; an Error
 * among the answers rejects that question alone, a throw rejects the whole batch.
 */
export function createCoalescer<Question, Answer>(options: {
  maxBatch: number;
  inFlight: number;
  answerAll: (questions: Question[]) => Promise<(Answer | Error)[]>;
}): Coalescer<Question, Answer> {
  interface Asked {
    question: Question;
    resolve: (answer: Answer) => void;
    reject: (error: unknown) => void;
  }
  const queue: Asked[] = [];
  let flying = 0;
  let scheduled = false;
  let onIdle: (() => void)[] = [];

  function schedule(): void {
    if (scheduled || flying >= options.inFlight || queue.length === 0) return;
    scheduled = true;
    // After this turn of the event loop, so that questions of the same moment share a batch.
    setImmediate(() => {
      scheduled = false;
      fly();
      schedule();
    });
  }

  function fly(): void {
    if (queue.length === 0) return;
    const batch = queue.splice(0, options.maxBatch);
    flying += 1;
    options
      .answerAll(batch.map(({ question }) => question))
      .then(
        (answers) => {
          batch.forEach(({ resolve, reject }, i) => {
            const answer = answers[i];
            if (answer instanceof Error) reject(answer);
            else resolve(answer as Answer);
          });
        },
        (error: unknown) => {
          for (const { reject } of batch) reject(error);
        },
      )
      .finally(() => {
        flying -= 1;
        schedule();
        if (flying === 0 && queue.length === 0) {
          for (const resolve of onIdle) resolve();
          onIdle = [];
        }
      });
  }

  return {
    ask: (question) =>
      new Promise<Answer>((resolve, reject) => {
        queue.push({ question, resolve, reject });
        schedule();
      }),
    idle: () =>
      flying === 0 && queue.length === 0
        ? Promise.resolve()
        : new Promise<void>((resolve) => onIdle.push(resolve)),
  };
}
