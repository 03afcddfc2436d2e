import { createEventFromJson, type ServerEvent } from '@chasqui/protocol';
import { frameOf } from './frame';

function event(json: string, scope: 'members' | 'connection' = 'members'): ServerEvent {
  return createEventFromJson('chat:message_received', json, {
    ...{ conversationId: 'conversation', seq: 1, recipients: { scope } },
  });
}

/** Decodes the frame as a WebSocket client does (RFC 6455, 5.2). */
function read(frame: Buffer): string {
  expect(frame[0]).toBe(0x81);
  const short = frame[1] ?? 0;
  const [length, from] =
    short < 126
      ? [short, 2]
      : short === 126
        ? [frame.readUInt16BE(2), 4]
        : [Number(frame.readBigUInt64BE(2)), 10];
  expect(frame.length).toBe(from + length);
  return frame.toString('utf8', from);
}

test.each([1, 80, 125, 126, 1_000, 65_400, 65_535, 65_536, 100_000])(
  'a frame of about %d bytes contains the packet',
  (size) => {
    const json = JSON.stringify({ text: 'ñ'.repeat(size / 2) });
    const { text, bytes } = frameOf(event(json));
    expect(text).toBe(`2["chat:message_received",${json}]`);
    expect(read(bytes)).toBe(`4${text}`);
  },
);

test('an event is encoded once, unless it is for a single connection', () => {
  const toAll = event('{"text":"to all"}');
  expect(frameOf(toAll)).toBe(frameOf(toAll));
  const toOne = event('{"text":"to one"}', 'connection');
  expect(frameOf(toOne)).not.toBe(frameOf(toOne));
});
