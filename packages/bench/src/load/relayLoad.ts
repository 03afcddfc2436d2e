import { setTimeout as passed } from 'node:timers/promises';
import type { Pair } from './pair';

export interface RelayLoadOptions {
  /** Unacknowledged sends per pair. */
  readonly inFlight: number;
  /** Not measured. */
  readonly warmUpMs: number;
  readonly windowMs: number;
  /** The run fails when messages in flight have not arrived this long after the window. */
  readonly settleMs: number;
}

export interface RelayResult {
  /** Messages acknowledged and delivered within the window, per second. */
  readonly perSecond: number;
  /** Messages of the whole run, including warm-up and settling: the number that must be stored. */
  readonly acknowledged: number;
}

const POLL_MS = 10;

/**
 * Every pair keeps `inFlight` sends unacknowledged. Rejects when an acknowledged message does not arrive, or more messages
 * arrive than were sent.
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
  /** The lower of both counts, so that a relay gains nothing by acknowledging early and delivering late. */
  const done = (): number => Math.min(count.acknowledged, count.received);

  await passed(warmUpMs);
  const [from, began] = [done(), performance.now()];
  await passed(windowMs);
  const [to, ended] = [done(), performance.now()];
  going = false;

  const giveUp = performance.now() + settleMs;
  while (done() < count.sent && performance.now() < giveUp) await passed(POLL_MS);
  await passed(POLL_MS);
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
