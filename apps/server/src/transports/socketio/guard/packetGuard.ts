import { createTokenBucket } from '@chasqui/limits';
import { MAX_FRAME_BYTES } from '@chasqui/protocol';

/**
 * `pass` processes the packet. `last` processes it and closes the connection after the answer. `end` closes TCP without
 * processing the packet.
 */
export type Verdict = 'pass' | 'last' | 'end';

/** A packet of Engine.IO, decoded. */
export interface EnginePacket {
  type: string;
  data?: unknown;
}

/**
 * Judges every packet of one transport before Socket.IO processes it. Commands are limited by kind after parsing
 * (dispatch.ts); the guard limits all other packets, and everything before the handshake.
 */
export interface PacketGuard {
  /** For a command, this only compares characters. */
  judge(packet: EnginePacket): Verdict;
  /** Call when the handshake is accepted: commands are allowed from then on. */
  accept(): void;
  isAccepted(): boolean;
  /** Bytes of binary attachments whose packet is incomplete. */
  attachmentBytes(): number;
}

/** One CONNECT for each refusal that is answered (handshake.ts), and one more. */
const CONNECTS_MAX = 6;
/** Packets that are allowed but cause no work: pongs, and acknowledgements that nothing waits for. */
const IDLE_PACKETS = { perSecond: 2, burst: 64 };

// The first character of a message is the type of its Socket.IO packet.
const CONNECT = 0x30;
const EVENT = 0x32;
const BINARY_EVENT = 0x35;
const SLASH = 0x2f;

/** `now`: milliseconds of a clock that is never set back. */
export function createPacketGuard(now: () => number): PacketGuard {
  const idle = createTokenBucket(IDLE_PACKETS.perSecond, IDLE_PACKETS.burst);
  let connects = 0;
  let accepted = false;
  let ending = false;
  /** Attachments that are still missing, and the bytes of those received. */
  let due = 0;
  let attached = 0;

  const idlePacket = (): Verdict => (idle.take(now()) ? 'pass' : 'end');

  function connect(text: string): Verdict {
    if (ending || ++connects > CONNECTS_MAX) return 'end';
    if (isMainNamespace(text)) return 'pass';
    ending = true;
    return 'last';
  }

  function attachment({ length }: Buffer): Verdict {
    attached += length;
    if (due === 0 || attached > MAX_FRAME_BYTES) return 'end';
    due -= 1;
    if (due === 0) attached = 0;
    return 'pass';
  }

  function message(data: unknown): Verdict {
    if (Buffer.isBuffer(data)) return accepted ? attachment(data) : 'end';
    // A message without data, or text among attachments: Socket.IO closes the connection.
    if (typeof data !== 'string' || due > 0) return accepted ? 'pass' : 'end';
    const type = data.charCodeAt(0);
    if (type === EVENT && accepted) return 'pass';
    if (type === CONNECT) return connect(data);
    if (!accepted) return 'end';
    if (type !== BINARY_EVENT) return idlePacket();
    due = attachmentsOf(data);
    return 'pass';
  }

  return {
    judge({ type, data }) {
      if (type === 'message') return message(data);
      // A pong answers a ping of the server. No other type is expected on an open transport.
      return idlePacket();
    },
    accept() {
      accepted = true;
    },
    isAccepted: () => accepted,
    attachmentBytes: () => attached,
  };
}

/** Whether the packet names no namespace or the only existing one. */
function isMainNamespace(text: string): boolean {
  if (text.charCodeAt(1) !== SLASH) return true;
  return text.length === 2 || text.charAt(2) === ',';
}

/** `51-["event", …]`: the number before the hyphen. Socket.IO refuses anything else. */
function attachmentsOf(text: string): number {
  const count = Number.parseInt(text.slice(1, 4), 10);
  return Number.isNaN(count) ? 0 : count;
}
