import { setTimeout as passed } from 'node:timers/promises';

export interface StreamResult {
  readonly perSecond: number;
  readonly acknowledged: number;
}

/**
 * Runs senders with one message in flight each; `send` resolves once its message is acknowledged. Counts the messages
 * acknowledged within the window.
 */
export async function streamLoad(
  senders: readonly (() => Promise<void>)[],
  { warmUpMs, windowMs }: { warmUpMs: number; windowMs: number },
): Promise<StreamResult> {
  let going = true;
  let acknowledged = 0;
  const streams = Promise.all(
    senders.map(async (send) => {
      while (going) {
        await send();
        acknowledged += 1;
      }
    }),
  );
  const measured = (async () => {
    await passed(warmUpMs);
    const [from, began] = [acknowledged, performance.now()];
    await passed(windowMs);
    const perSecond = ((acknowledged - from) / (performance.now() - began)) * 1000;
    going = false;
    return perSecond;
  })();
  // A refusal ends the run immediately.
  await Promise.race([streams, measured]);
  const perSecond = await measured;
  await streams;
  return { perSecond, acknowledged };
}
