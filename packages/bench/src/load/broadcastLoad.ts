import { setTimeout as passed } from 'node:timers/promises';

export interface BroadcastLoad {
  /** Call this for every message that arrives at a member. */
  arrived(): void;
  /** Call this when the server has acknowledged the send. */
  acknowledged(): void;
  /**
   * Sends one message after another, each when all members have the previous one. `perSecond` covers the window only,
   * `acknowledged` the warm-up too.
   */
  run(
    send: () => void,
    times: { warmUpMs: number; windowMs: number },
  ): Promise<{ perSecond: number; acknowledged: number }>;
}

const GIVE_UP_MS = 20_000;

/** Sends one message at a time to all members. */
export function createBroadcastLoad(members: number): BroadcastLoad {
  let [due, answersDue] = [0, 0];
  let complete: () => void = () => undefined;
  const settle = (): void => {
    if (due === 0 && answersDue === 0) complete();
  };
  return {
    arrived() {
      due -= 1;
      settle();
    },
    acknowledged() {
      answersDue -= 1;
      settle();
    },
    async run(send, { warmUpMs, windowMs }) {
      const sendFor = async (ms: number): Promise<{ count: number; perSecond: number }> => {
        const began = performance.now();
        let count = 0;
        while (performance.now() - began < ms) {
          [due, answersDue] = [members, 1];
          const all = new Promise<void>((resolve) => (complete = resolve));
          send();
          await Promise.race([all, late()]);
          count += 1;
        }
        return { count, perSecond: (count / (performance.now() - began)) * 1000 };
      };
      const warmUp = await sendFor(warmUpMs);
      const { count, perSecond } = await sendFor(windowMs);
      // A duplicate would arrive now.
      await passed(50);
      if (due !== 0) throw new Error(`${-due} more arrived than were sent`);
      return { perSecond, acknowledged: warmUp.count + count };
    },
  };
}

async function late(): Promise<never> {
  await passed(GIVE_UP_MS, undefined, { ref: false });
  throw new Error(`a message did not reach all members within ${GIVE_UP_MS} ms`);
}
