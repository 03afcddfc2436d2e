import { setTimeout as passed } from 'node:timers/promises';
import { quantile } from '../figures/statistics';
import type { Pair } from './pair';

export interface LatencyLoadOptions {
  readonly perSecond: number;
  readonly warmUpMs: number;
  readonly windowMs: number;
  readonly settleMs: number;
}

export interface LatencyResult {
  /** Time from send to arrival, milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Time from send to acknowledgement, milliseconds. */
  readonly answerP50: number;
  readonly answerP99: number;
  readonly acknowledged: number;
}

/** Sends at a fixed rate regardless of replies, alternating between pairs. Rejects when a message is missing. */
export async function latencyLoad(
  pairs: readonly Pair[],
  { perSecond, warmUpMs, windowMs, settleMs }: LatencyLoadOptions,
): Promise<LatencyResult> {
  const began = performance.now();
  const [arrivals, answers]: [number[], number[]] = [[], []];
  const total = Math.round(((warmUpMs + windowMs) / 1000) * perSecond);
  let [acknowledged, received] = [0, 0];
  const senders = pairs.map((pair) => {
    // Acknowledgements and arrivals of a pair come in sending order, so queues match them with their sends.
    const [unanswered, underWay]: [number[], number[]] = [[], []];
    const took = (queue: number[], into: number[]): void => {
      const sent = queue.shift();
      if (sent !== undefined && sent - began >= warmUpMs) into.push(performance.now() - sent);
    };
    pair.acknowledged = () => {
      acknowledged += 1;
      took(unanswered, answers);
    };
    pair.received = () => {
      received += 1;
      took(underWay, arrivals);
    };
    return () => {
      const now = performance.now();
      unanswered.push(now);
      underWay.push(now);
      pair.send();
    };
  });

  let sent = 0;
  while (sent < total) {
    const due = Math.min(total, Math.floor(((performance.now() - began) / 1000) * perSecond));
    for (; sent < due; sent += 1) senders[sent % senders.length]?.();
    await passed(1);
  }
  const giveUp = performance.now() + settleMs;
  while (Math.min(acknowledged, received) < total && performance.now() < giveUp) await passed(10);
  if (acknowledged !== total || received !== total) {
    throw new Error(`${total} sent, ${acknowledged} acknowledged, ${received} received`);
  }
  return {
    ...{ p50: quantile(arrivals, 0.5), p99: quantile(arrivals, 0.99) },
    ...{ answerP50: quantile(answers, 0.5), answerP99: quantile(answers, 0.99), acknowledged },
  };
}
