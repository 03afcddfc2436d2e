import { messageSend, parseWith } from '@chasqui/protocol';
import type { SendMore } from '../chatClient';
import type { Cipher } from '../crypto/cipher';
import { createSerialQueue } from '../scheduling/serialQueue';
import type { Draft, Outbox } from './outbox';

/** Encodes a message and validates it like the server, so that malformed messages never enter the outbox. */
export async function createDraft(
  cipher: Cipher,
  clientMessageId: string,
  conversationId: string,
  text: string,
  more: SendMore,
): Promise<Draft> {
  const contentEncrypted = await cipher.encode(text, conversationId);
  const parsed = parseWith(messageSend.data, {
    ...{ conversationId, contentEncrypted, clientMessageId },
    ...{ messageType: more.messageType, replyToId: more.replyToId },
  });
  return {
    client_message_id: clientMessageId,
    conversation_id: parsed.conversationId,
    content_encrypted: parsed.contentEncrypted,
    message_type: parsed.messageType,
    reply_to_id: parsed.replyToId ?? null,
  };
}

interface Waiting {
  readonly outbox: Outbox;
  readonly draft: Promise<Draft>;
  readonly stored: () => void;
  readonly failed: (error: unknown) => void;
}

/**
 * Stores drafts in call order, regardless of how long encoding takes. Drafts that wait at the same time are stored in one
 * write, because a disk flush per draft would be slow.
 */
export function createDraftQueue(): (outbox: Outbox, draft: Promise<Draft>) => Promise<void> {
  const enqueue = createSerialQueue();
  let waiting: Waiting[] = [];

  async function storeWaiting(): Promise<void> {
    const taken = waiting;
    waiting = [];
    const encoded = await Promise.all(
      taken.map(async (one) => {
        try {
          return { ...one, draft: await one.draft };
        } catch (error) {
          one.failed(error);
          return undefined;
        }
      }),
    );
    const whole = encoded.filter((one) => one !== undefined);
    for (const outbox of new Set(whole.map((one) => one.outbox))) {
      const mine = whole.filter((one) => one.outbox === outbox);
      try {
        await outbox.add(mine.map(({ draft }) => draft));
        for (const { stored } of mine) stored();
      } catch (error) {
        for (const { failed } of mine) failed(error);
      }
    }
  }

  return (outbox, draft) =>
    new Promise((stored, failed) => {
      waiting.push({ outbox, draft, stored, failed });
      if (waiting.length === 1) void enqueue(storeWaiting);
    });
}
