import type { ChatMessage } from '@chasqui/sdk';
import { DemoFailure } from '../bounded';
import type { Acknowledged } from '../report/verdict';
import type { Person } from './person';

export interface Sender {
  /** Messages the server has acknowledged, in that order. */
  readonly acknowledged: readonly Acknowledged[];
  /** The seq of the last acknowledged message; 0 before the first. */
  lastSeq(): number;
  /** Puts all texts into the outbox and waits until the server has acknowledged them. */
  send(texts: readonly string[], options: SendOptions): Promise<void>;
}

export interface SendOptions {
  /** Called after each acknowledgement. */
  onProgress(done: number): void;
  signal: AbortSignal;
}

// Longer than any rate limit: without progress for a minute, sending has failed.
const STALLED_AFTER_MS = 60_000;
const CHECK_MS = 250;

export function createSender({ id, client, wire }: Person, conversationId: string): Sender {
  const acknowledged: Acknowledged[] = [];
  let lastProgress = 0;

  async function deliver(text: string): Promise<void> {
    const clientMessageId = await client.send(conversationId, text);
    const message = await client.whenSent(clientMessageId).catch(refused);
    acknowledged.push({ clientMessageId, senderId: id, id: message.id, seq: message.seq });
    lastProgress = performance.now();
  }

  function stalled(signal: AbortSignal): { promise: Promise<never>; stop: () => void } {
    let timer: NodeJS.Timeout | undefined;
    const promise = new Promise<never>((_, reject) => {
      timer = setInterval(() => {
        if (signal.aborted) reject(new DemoFailure('Interrupted.'));
        if (performance.now() - lastProgress < STALLED_AFTER_MS) return;
        const reason = wire.lastRefusal() ?? client.getState().connection.state;
        reject(new DemoFailure(`No message was acknowledged for a minute: ${reason}.`));
      }, CHECK_MS);
    });
    return { promise, stop: () => clearInterval(timer) };
  }

  return {
    acknowledged,
    lastSeq: () => acknowledged.reduce((last, { seq }) => Math.max(last, seq), 0),
    async send(texts, { onProgress, signal }) {
      lastProgress = performance.now();
      let done = 0;
      const watch = stalled(signal);
      try {
        const all = texts.map(async (text) => {
          await deliver(text);
          done += 1;
          onProgress(done);
        });
        await Promise.race([Promise.all(all), watch.promise]);
      } finally {
        watch.stop();
      }
    },
  };
}

function refused(error: unknown): ChatMessage {
  const reason = error instanceof Error ? `${error.name}, ${error.message}` : String(error);
  throw new DemoFailure(`A message was refused: ${reason}.`);
}
