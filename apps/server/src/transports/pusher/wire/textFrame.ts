/** A text as one WebSocket frame: final and unmasked (RFC 6455, 5.2). Encoded once, written to many connections. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.byteLength(text);
  const lengthBytes = payload < 126 ? 0 : payload < 65_536 ? 2 : 8;
  const frame = Buffer.allocUnsafe(2 + lengthBytes + payload);
  frame[0] = 0x81;
  if (lengthBytes === 0) frame[1] = payload;
  else if (lengthBytes === 2) {
    frame[1] = 126;
    frame.writeUInt16BE(payload, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(payload), 2);
  }
  // Pure ASCII has one byte per character and is copied.
  frame.write(text, 2 + lengthBytes, payload === text.length ? 'latin1' : 'utf8');
  return frame;
}
