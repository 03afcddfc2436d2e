// Engine.IO packet "message", followed by Socket.IO packets EVENT and ACK.
const MESSAGE = '4';
const EVENT = '2';
const ACK = '3';

/** A packet of Socket.IO, encoded once: as the bytes of a WebSocket frame, and as text for long polling. */
export class Frame {
  readonly bytes: Buffer;

  /** `head` is ASCII, and begins the packet; a bracket ends it. */
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

/** Made for one connection alone: keeping them for others would only cost memory. */
const UNSHARED = new Set(['chat:messages_received', 'chat:queue_empty']);
const KEPT_MAX = 1_024;

/**
 * Frames of this turn of the event loop. A broadcast writes the same JSON to all its connections
 * within one turn, so it is encoded once. Replaced instead of cleared: the table of a map that was cleared leads
 * on to the next one, and once a dead one is old, all frames after it would grow old with it.
 */
let kept = new Map<string, Map<string, Frame>>();
let keptFrames = 0;
let clearing = false;

/** The frame of an event; `json` is its data. */
export function frameOf(event: string, json: string): Frame {
  if (UNSHARED.has(event)) return new Frame(`${EVENT}["${event}",`, json);
  const known = kept.get(event)?.get(json);
  if (known) return known;
  const frame = new Frame(`${EVENT}["${event}",`, json);
  keep(event, json, frame);
  return frame;
}

/** The frame of the answer to the packet with this id; `json` is what the client's callback is given. */
export function answerFrame(packetId: number, json: string): Frame {
  return new Frame(`${ACK}${packetId}[`, json);
}

function keep(event: string, json: string, frame: Frame): void {
  if (++keptFrames > KEPT_MAX) {
    kept = new Map();
    keptFrames = 1;
  }
  const ofEvent = kept.get(event);
  if (ofEvent) ofEvent.set(json, frame);
  else kept.set(event, new Map([[json, frame]]));
  if (clearing) return;
  clearing = true;
  setImmediate(() => {
    clearing = false;
    kept = new Map();
    keptFrames = 0;
  });
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
  // What is all ASCII is one byte a character, and copied.
  at += frame.write(json, at, jsonBytes === json.length ? 'latin1' : 'utf8');
  frame[at] = 0x5d;
  return frame;
}
