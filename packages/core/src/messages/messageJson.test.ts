import type { Message } from '@chasqui/protocol';
import fc from 'fast-check';
import { messageJson } from './messageJson';

const anyUnits = fc.array(fc.nat({ max: 0xffff })).map((units) => String.fromCharCode(...units));
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), anyUnits);
const time = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) });
const iso = time.map((date) => date.toISOString());
const message: fc.Arbitrary<Message> = fc.record({
  id: fc.uuid(),
  conversation_id: fc.uuid(),
  seq: fc.nat(),
  version: fc.nat(),
  kind: fc.constantFrom('message', 'event'),
  sender_id: fc.uuid(),
  client_message_id: fc.option(text),
  message_type: fc.constantFrom('text', 'image', 'file', 'voice'),
  content_encrypted: fc.option(text),
  reply_to_id: fc.option(fc.uuid()),
  created_at: iso,
  edited_at: fc.option(iso, { freq: 1 }),
  deleted_at: fc.option(iso, { freq: 1 }),
  reactions: fc.array(fc.record({ emoji: text, user_ids: fc.array(fc.uuid()) }), { maxLength: 1 }),
  status: fc.constantFrom('sent', 'delivered', 'read'),
});

test('messageJson returns the same text as JSON.stringify for any message', () => {
  fc.assert(
    fc.property(message, (one) => expect(messageJson(one)).toBe(JSON.stringify(one))),
    {
      numRuns: 2_000,
    },
  );
});
