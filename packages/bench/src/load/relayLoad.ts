import { setTimeout as passed } from 'node:timers/promises';
import type { Pair } from './pair';

export interface RelayLoadOptions {
  /** Sends of one pair that may be unanswered at a time. */
  readonly inFlight: number;
  /** Not measured. */
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** The run fails when what is under way has not arrived this long after the window. */
  readonly settleMs: number;
}

export interface RelayResult {
  /** Messages answered for and arrived within the window, per second. */
  readonly perSecond: number;
  /** In the whole run, warm-up and settling included: what has to be found in the store. */
  readonly acknowledged: number;
}

const LOOK_MS = 10;

/**
 * Every pair keeps so many sends under way. Rejects when an acknowledged message did not arrive, or
 * one arrived that was not sent.
 */
export async function relayLoad(
  pairs: readonly Pair[],
  { inFlight, warmUpMs, windowMs, settleMs }: RelayLoadOptions,
): Promise<RelayResult> {
  let going = true;
  const count = { sent: 0, acknowledged: 0, received: 0 };
  for (const pair of pairs) {
    const sendNext = (): void => {
      count.sent += 1;
      pair.send();
    };
    pair.acknowledged = () => {
      count.acknowledged += 1;
      if (going) sendNext();
    };
    pair.received = () => void (count.received += 1);
    for (let i = 0; i < inFlight; i += 1) sendNext();
  }
  /** The slower of the two: a relay that answers early and delivers late gains nothing by it. */
  const done = (): number => Math.min(count.acknowledged, count.received);

  await passed(warmUpMs);
  const [from, began] = [done(), performance.now()];
  await passed(windowMs);
  const [to, ended] = [done(), performance.now()];
  going = false;

  const giveUp = performance.now() + settleMs;
  while (done() < count.sent && performance.now() < giveUp) await passed(LOOK_MS);
  await passed(LOOK_MS);
  if (count.acknowledged !== count.sent || count.received !== count.sent) {
    throw new Error(
      `${count.sent} sent, ${count.acknowledged} acknowledged, ${count.received} received`,
    );
  }
  return {
    perSecond: ((to - from) / (ended - began)) * 1000,
    acknowledged: count.acknowledged,
  };
}
