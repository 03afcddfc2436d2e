import { bounded } from './bounded';
import { flushRedis, killPart, type Fault } from './faults';
import type { Outbox } from './outbox';
import type { StoryOptions } from './story';
import { count, duration } from './terminal';

/** A fault with its place among the messages. */
export interface TimedFault extends Fault {
  /** How many of the messages were acknowledged when it began. */
  after: number;
}

const IN_FLIGHT = 16;
// Time for a rate limit of one message per second; a stall is noticed long before.
const SEND_WITHIN_MS = 30 * 60_000;

/** Sends everything while parts are killed in between, and waits until all parts are back. */
export async function sendThroughFaults(
  outbox: Outbox,
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
    const fault = inject().then((it) => {
      if (!signal.aborted)
        terminal.line(`${terminal.bad(`${it.what}: ${it.deed}`)}, ${it.outcome}`);
      return { ...it, after: done };
    });
    // It is awaited below; until then the sending goes on.
    fault.catch(() => undefined);
    faults.push(fault);
  };
  const sending = outbox.send(texts, { inFlight: IN_FLIGHT, onProgress, signal });
  await bounded('all messages are acknowledged', SEND_WITHIN_MS, sending);
  terminal.line(`${count(messages)} sent in ${duration(performance.now() - since)}`);
  if (outbox.wasSlowedDown())
    terminal.line('at the pace that the rate limit of this instance allows');
  return Promise.all(faults);
}
