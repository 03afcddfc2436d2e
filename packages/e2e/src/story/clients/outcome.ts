/** The outcome of a request. */
export type Known<T> = { done: T } | { refused: string };
export type Outcome<T> = Known<T> | { unknown: string };

/** Classifies an outcome. A 500 is a bug even during a disruption and is rethrown. */
export async function outcomeOf<T>(work: Promise<T>): Promise<Outcome<T>> {
  try {
    return { done: await work };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    const status = / was answered (\d{3})/.exec(text)?.[1];
    if (status === undefined || status === '503' || status === '429') return { unknown: text };
    if (status.startsWith('5') || status.startsWith('2')) throw error;
    return { refused: text };
  }
}

/** Repeats a request until its outcome is known. Throws after a minute. */
export async function untilKnown<T>(ask: () => Promise<T>, withinMs = 60_000): Promise<Known<T>> {
  const end = performance.now() + withinMs;
  for (;;) {
    const outcome = await outcomeOf(ask());
    if (!('unknown' in outcome)) return outcome;
    if (performance.now() > end) throw new Error(`no answer within a minute: ${outcome.unknown}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** Like `untilKnown`, for requests that cannot be refused. */
export async function untilDone<T>(ask: () => Promise<T>): Promise<T> {
  const outcome = await untilKnown(ask);
  if ('done' in outcome) return outcome.done;
  throw new Error(outcome.refused);
}
