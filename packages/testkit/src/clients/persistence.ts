import { randomUUID } from 'node:crypto';
import type { Attempt, Device } from './device';

/**
 * Sends one message as a good client does: again with the same id, on whatever connection there is,
 * until it is acknowledged or refused. Resolves to the last attempt.
 */
export async function sendUntilAcknowledged(
  device: Device,
  conversationId: string,
  content: string,
  withinMs = 45_000,
): Promise<Attempt> {
  const clientMessageId = randomUUID();
  const end = performance.now() + withinMs;
  for (;;) {
    const attempt = await device.send(conversationId, content, { clientMessageId });
    if (attempt.outcome !== 'unknown') return attempt;
    if (performance.now() > end) throw new Error(`not acknowledged within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
