import { setTimeout as passed } from 'node:timers/promises';

export interface BroadcastLoad {
  /** To be called by every member for every message that arrives. */
  arrived(): void;
  /** To be called when the server has answered the send. */
  acknowledged(): void;
  /** Message after message for so long, each sent once all have the one before; messages per second. */
  run(send: () => void, windowMs: number): Promise<{ perSecond: number; acknowledged: number }>;
}

const GIVE_UP_MS = 20_000;

/** One message at a time to so many members. */
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
    async run(send, windowMs) {
      const began = performance.now();
      let acknowledged = 0;
      while (performance.now() - began < windowMs) {
        [due, answersDue] = [members, 1];
        const all = new Promise<void>((resolve) => (complete = resolve));
        send();
        await Promise.race([all, late()]);
        acknowledged += 1;
      }
      const perSecond = (acknowledged / (performance.now() - began)) * 1000;
      // One too many would come now.
      await passed(50);
      if (due !== 0) throw new Error(`${-due} more arrived than were sent`);
      return { perSecond, acknowledged };
    },
  };
}

async function late(): Promise<never> {
  await passed(GIVE_UP_MS, undefined, { ref: false });
  throw new Error(`a message did not reach everybody within ${GIVE_UP_MS} ms`);
}
