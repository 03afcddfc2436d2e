import { bounded } from '../bounded';
import { type Fault, flushRedis, killPart } from '../instance/faults';
import type { Player } from '../people/cast';
import { count, duration } from '../report/terminal';
import type { StoryOptions, TimedFault } from './storyOptions';

// Enough for a rate limit of one message per second; a stall is detected much earlier.
const SEND_WITHIN_MS = 30 * 60_000;

/** Sends all messages while processes are killed, and waits until all of them are running again. */
export async function sendThroughFaults(
  { sender, wire }: Player,
  { target, terminal, messages, signal }: StoryOptions,
): Promise<TimedFault[]> {
  const deeds: [after: number, inject: () => Promise<Fault>][] = [
    [Math.round(messages * 0.25), () => killPart(target, 'server')],
    [Math.round(messages * 0.5), () => killPart(target, 'worker')],
    [Math.round(messages * 0.75), () => flushRedis(target)],
  ];
  const texts = Array.from({ length: messages }, (_, index) => `Kilometer ${index + 1}: all well.`);
  const faults: Promise<TimedFault>[] = [];
  const since = performance.now();

  const onProgress = (done: number): void => {
    terminal.progress('acknowledged', done, messages);
    if (done < (deeds[0]?.[0] ?? Infinity)) return;
    const inject = deeds.shift()?.[1];
    if (inject === undefined) return;
    const fault = inject().then((injected) => {
      const { what, deed, outcome } = injected;
      if (!signal.aborted) terminal.line(`${terminal.bad(`${what}: ${deed}`)}, ${outcome}`);
      return { ...injected, after: done };
    });
    // Awaited below; sending continues meanwhile.
    fault.catch(() => undefined);
    faults.push(fault);
  };
  const sending = sender.send(texts, { onProgress, signal });
  await bounded('acknowledging all messages', SEND_WITHIN_MS, sending);
  terminal.line(`${count(messages)} sent in ${duration(performance.now() - since)}`);
  if (wire.wasSlowedDown()) terminal.line('slowed down by the rate limit of this instance');
  return Promise.all(faults);
}
