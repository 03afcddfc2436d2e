import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { DemoFailure } from './bounded';
import { waitMs, type Device } from './device';
import type { Acknowledged } from './verdict';

export interface Outbox {
  readonly acknowledged: readonly Acknowledged[];
  /** The seq of the last message that the server has acknowledged; 0 before the first. */
  lastSeq(): number;
  /** Attempts beyond the first of each message. */
  repeats(): number;
  /** Whether the instance asked for patience. */
  wasSlowedDown(): boolean;
  /** Sends the texts, `inFlight` at a time, each under one id until it is acknowledged. */
  send(texts: readonly string[], options: SendOptions): Promise<void>;
}

export interface SendOptions {
  inFlight: number;
  /** After each acknowledgement. */
  onProgress(done: number): void;
  signal: AbortSignal;
}

// Whatever the rate limit is, by then something has moved, or nothing moves any more.
const STALLED_AFTER_MS = 60_000;

export function createOutbox(device: Device, conversationId: string): Outbox {
  const acknowledged: Acknowledged[] = [];
  let repeats = 0;
  let slowedDown = false;
  let patientUntil = 0;
  let lastProgress = 0;
  let reason = 'there is no connection';

  async function deliver(contentEncrypted: string, signal: AbortSignal): Promise<void> {
    const clientMessageId = randomUUID();
    for (let attempts = 0; ;) {
      signal.throwIfAborted();
      if (performance.now() - lastProgress > STALLED_AFTER_MS) {
        throw new DemoFailure(`No message was acknowledged for a minute: ${reason}.`);
      }
      const patienceMs = patientUntil - performance.now();
      if (!device.isConnected() || patienceMs > 0) {
        await delay(Math.max(patienceMs, 20));
        continue;
      }
      attempts += 1;
      if (attempts > 1) repeats += 1;
      const answer = await device.send({
        conversationId,
        contentEncrypted,
        messageType: 'text',
        clientMessageId,
      });
      if (answer === undefined) continue;
      if (answer.success) {
        const { id, seq } = answer.message;
        acknowledged.push({ clientMessageId, senderId: device.person.id, id, seq });
        lastProgress = performance.now();
        return;
      }
      const { name, message } = answer.error;
      reason = `${name}, ${message}`;
      if (name !== 'RateLimitError' && name !== 'UnavailableError') {
        throw new DemoFailure(`A message was refused: ${reason}.`);
      }
      slowedDown ||= name === 'RateLimitError';
      patientUntil = performance.now() + waitMs(answer.error);
    }
  }

  return {
    acknowledged,
    lastSeq: () => acknowledged.reduce((last, { seq }) => Math.max(last, seq), 0),
    repeats: () => repeats,
    wasSlowedDown: () => slowedDown,
    async send(texts, { inFlight, onProgress, signal }) {
      lastProgress = performance.now();
      const queue = texts.values();
      let done = 0;
      const lane = async (): Promise<void> => {
        for (const text of queue) {
          await deliver(text, signal);
          done += 1;
          onProgress(done);
        }
      };
      await Promise.all(Array.from({ length: Math.min(inFlight, texts.length) }, lane));
    },
  };
}
