/** Detects responses that crossed with a membership event. */
export interface MembershipGuard {
  /** Counts events that began or ended a membership. */
  memberships: () => number;
  enqueue: <T>(work: () => T | Promise<T>) => Promise<T>;
}

/**
 * Reads and applies the response in order with other events. A response that crossed with a membership event may be older
 * than the event and would show a conversation the user has left (D9), so it is read again. Undefined when `read` gives
 * up.
 */
export async function readConsistently<T>(
  { memberships, enqueue }: MembershipGuard,
  read: () => Promise<T | undefined>,
  apply: (answer: T) => void | Promise<void>,
): Promise<T | undefined> {
  for (;;) {
    const before = memberships();
    const answer = await read();
    if (answer === undefined) return undefined;
    const isApplied = await enqueue(async () => {
      if (memberships() !== before) return false;
      await apply(answer);
      return true;
    });
    if (isApplied) return answer;
  }
}
