import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { newMessageJson, toNewMessage } from './sendAnswers';

test('a new message is written as JSON.stringify writes it, whatever it says', () => {
  const text = fc.string({ unit: 'binary' });
  fc.assert(
    fc.property(text, fc.option(text), fc.boolean(), fc.nat(), (content, clientId, reply, seq) => {
      const send = {
        id: randomUUID(),
        digest: Buffer.alloc(0),
        request: {
          conversationId: randomUUID(),
          senderId: randomUUID(),
          contentEncrypted: content,
          messageType: 'text' as const,
          clientMessageId: clientId,
          replyToId: reply ? randomUUID() : null,
        },
      };
      const message = toNewMessage(send, seq, seq + 1, Date.now());
      expect(newMessageJson(message)).toBe(JSON.stringify(message));
    }),
  );
});
