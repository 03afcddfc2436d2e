/** What it takes to tell that an answer crossed with the news of a membership. */
export interface Crossing {
  /** Rises with every event of a membership that began or ended. */
  memberships: () => number;
  inTurn: <T>(work: () => T | Promise<T>) => Promise<T>;
}

/**
 * Reads, and applies the answer in its turn. One that crossed with the news of a membership may be older than it, and
 * would show what is not ours any more (D9): it is read again. Undefined when `read` gives up.
 */
export async function consistently<T>(
  { memberships, inTurn }: Crossing,
  read: () => Promise<T | undefined>,
  apply: (answer: T) => void | Promise<void>,
): Promise<T | undefined> {
  for (;;) {
    const before = memberships();
    const answer = await read();
    if (answer === undefined) return undefined;
    const isApplied = await inTurn(async () => {
      if (memberships() !== before) return false;
      await apply(answer);
      return true;
    });
    if (isApplied) return answer;
  }
}
