import { frameOf } from './frame';

/** What a WebSocket client reads from the bytes (RFC 6455, 5.2). */
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
  'a frame of about %d bytes says what the text says',
  (size) => {
    const json = JSON.stringify({ text: 'ñ'.repeat(size / 2) });
    const { text, bytes } = frameOf('chat:message_received', json);
    expect(text).toBe(`2["chat:message_received",${json}]`);
    expect(read(bytes)).toBe(`4${text}`);
  },
);

test('a broadcast is encoded once', () => {
  const json = JSON.stringify({ text: 'to all' });
  expect(frameOf('chat:message_received', json)).toBe(frameOf('chat:message_received', json));
  expect(frameOf('chat:message_updated', json)).not.toBe(frameOf('chat:message_received', json));
});
