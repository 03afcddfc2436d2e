import { randomUUID } from 'node:crypto';
import { until } from '../tools/until';
import type { Attempt, Device, SendMore } from './deviceTypes';

/**
 * Sends one message as a well-behaved client does: with the same client message id, on any connection,
 * until it is acknowledged or refused. Resolves to the last attempt.
 */
export async function sendUntilAcknowledged(
  device: Device,
  conversationId: string,
  content: string,
  more: SendMore = {},
): Promise<Attempt> {
  const clientMessageId = more.clientMessageId ?? randomUUID();
  return until(
    'a send is answered',
    async () => {
      const attempt = await device.send(conversationId, content, { ...more, clientMessageId });
      return attempt.outcome === 'unknown' ? null : attempt;
    },
    45_000,
  );
}
