import type { ServerEvent } from '@chasqui/protocol';

// Engine.IO packet "message", followed by Socket.IO packets EVENT and ACK.
const MESSAGE = '4';
const EVENT = '2';
const ACK = '3';

/** A packet of Socket.IO: as the bytes of a WebSocket frame, and as text for long polling. */
export class Frame {
  readonly bytes: Buffer;

  /** The packet is `head`, which is ASCII, then `json` and a bracket. */
  constructor(
    private readonly head: string,
    private readonly json: string,
  ) {
    this.bytes = webSocketFrame(MESSAGE + head, json);
  }

  get text(): string {
    return `${this.head}${this.json}]`;
  }
}

const frames = new WeakMap<ServerEvent, Frame>();

/** The frame of an event, encoded once for all connections. */
export function frameOf(event: ServerEvent): Frame {
  const known = frames.get(event);
  if (known !== undefined) return known;
  const frame = new Frame(`${EVENT}["${event.name}",`, event.json);
  // Keeping a frame that no other connection gets would only cost memory.
  if (event.recipients.scope !== 'connection') frames.set(event, frame);
  return frame;
}

/** The answer to the packet with this id; `json` is the argument of the client's callback. */
export function answerFrame(packetId: number, json: string): Frame {
  return new Frame(`${ACK}${packetId}[`, json);
}

// RFC 6455, 5.2: a final, unmasked text frame. `head` is ASCII; a closing bracket ends the text.
function webSocketFrame(head: string, json: string): Buffer {
  const jsonBytes = Buffer.byteLength(json);
  const payload = head.length + jsonBytes + 1;
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
  let at = 2 + lengthBytes;
  at += frame.write(head, at, 'latin1');
  // Pure ASCII has one byte per character and is copied.
  at += frame.write(json, at, jsonBytes === json.length ? 'latin1' : 'utf8');
  frame[at] = 0x5d;
  return frame;
}
