/** What became of something that was asked for. */
export type Known<T> = { done: T } | { refused: string };
export type Outcome<T> = Known<T> | { unknown: string };

/** Tells the three apart. A 500 is a bug whatever was broken meanwhile, and is thrown on. */
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

/** Asks again until it is known. Throws after a minute. */
export async function surely<T>(ask: () => Promise<T>, withinMs = 60_000): Promise<Known<T>> {
  const end = performance.now() + withinMs;
  for (;;) {
    const outcome = await outcomeOf(ask());
    if (!('unknown' in outcome)) return outcome;
    if (performance.now() > end) throw new Error(`no answer in a minute: ${outcome.unknown}`);
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
}

/** As `surely`, for what cannot be refused. */
export async function certainly<T>(ask: () => Promise<T>): Promise<T> {
  const outcome = await surely(ask);
  if ('done' in outcome) return outcome.done;
  throw new Error(outcome.refused);
}
