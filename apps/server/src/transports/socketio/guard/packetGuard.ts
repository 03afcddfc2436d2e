import { createTokenBucket } from '@chasqui/limits';
import { MAX_FRAME_BYTES } from '@chasqui/protocol';

/**
 * What becomes of a packet: `pass` hands it on, `last` hands it on and closes the connection once it was answered, `end`
 * ends the TCP connection before anything is made of it.
 */
export type Verdict = 'pass' | 'last' | 'end';

/** A packet of Engine.IO, decoded. */
export interface EnginePacket {
  type: string;
  data?: unknown;
}

/**
 * Judges every packet of one transport before Socket.IO sees it. Commands are counted by kind once they are parsed
 * (commands.ts); this bounds all the others, and everything before the handshake.
 */
export interface PacketGuard {
  /** Costs a comparison of characters for a command. */
  judge(packet: EnginePacket): Verdict;
  /** The handshake was accepted: commands may come. */
  accept(): void;
  isAccepted(): boolean;
  /** Bytes of binary attachments that wait for the rest of their packet. */
  attachmentBytes(): number;
}

/** A CONNECT for every refusal that is answered (handshake.ts), and one more. */
const CONNECTS_MAX = 6;
/** Packets that are allowed but that no client needs: pongs, acknowledgements of nothing. */
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
  /** Attachments that are still due, and the bytes of those that came. */
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
      // A pong answers a ping of ours; of all others none belongs to an open transport.
      return idlePacket();
    },
    accept() {
      accepted = true;
    },
    isAccepted: () => accepted,
    attachmentBytes: () => attached,
  };
}

/** Whether the packet names no namespace, or the only one that there is. */
function isMainNamespace(text: string): boolean {
  if (text.charCodeAt(1) !== SLASH) return true;
  return text.length === 2 || text.charAt(2) === ',';
}

/** `51-["event", …]`: the number before the hyphen. What is none is for Socket.IO to refuse. */
function attachmentsOf(text: string): number {
  const count = Number.parseInt(text.slice(1, 4), 10);
  return Number.isNaN(count) ? 0 : count;
}
