import { MAX_FRAME_BYTES } from '@chasqui/protocol';
import {
  createPacketGuard,
  type EnginePacket,
  type PacketGuard,
  type Verdict,
} from './packetGuard';

// Every packet type of Engine.IO 4 and Socket.IO 5, before and after the handshake is accepted.

const message = (data?: unknown): EnginePacket => ({ type: 'message', data });
const packets = {
  open: { type: 'open', data: '{}' },
  close: { type: 'close' },
  ping: { type: 'ping', data: 'probe' },
  pong: { type: 'pong' },
  upgrade: { type: 'upgrade' },
  noop: { type: 'noop' },
  error: { type: 'error', data: 'parser error' },
  'message without data': message(),
  CONNECT: message('0{"token":"x"}'),
  'CONNECT /,': message('0/,{}'),
  'CONNECT to an unknown namespace': message('0/n,'),
  'CONNECT, namespace without an end': message('0/nnn'),
  DISCONNECT: message('1'),
  EVENT: message('2["chat:typing",{}]'),
  'EVENT in an unknown namespace': message('2/n,["x"]'),
  ACK: message('31[]'),
  CONNECT_ERROR: message('4{}'),
  BINARY_EVENT: message('51-["x",{"_placeholder":true,"num":0}]'),
  BINARY_ACK: message('61-1[{"_placeholder":true,"num":0}]'),
  'an unknown type': message('9'),
  binary: message(Buffer.alloc(8)),
} satisfies Record<string, EnginePacket>;
type Name = keyof typeof packets;

/** Verdicts on the first packet and on the hundredth within one second. */
const before: Partial<Record<Name, [Verdict, Verdict]>> = {
  ...{ open: ['pass', 'end'], close: ['pass', 'end'], ping: ['pass', 'end'] },
  ...{ pong: ['pass', 'end'], upgrade: ['pass', 'end'], noop: ['pass', 'end'] },
  error: ['pass', 'end'],
  CONNECT: ['pass', 'end'],
  'CONNECT /,': ['pass', 'end'],
  'CONNECT to an unknown namespace': ['last', 'end'],
  'CONNECT, namespace without an end': ['last', 'end'],
};
const after: Partial<Record<Name, [Verdict, Verdict]>> = {
  // Limited by kind after parsing; in another namespace, Socket.IO closes the connection.
  ...{ EVENT: ['pass', 'pass'], 'EVENT in an unknown namespace': ['pass', 'pass'] },
  // Socket.IO closes the connection at the first of these.
  ...{ 'message without data': ['pass', 'pass'], BINARY_EVENT: ['pass', 'pass'] },
  binary: ['end', 'end'],
  'CONNECT to an unknown namespace': ['last', 'end'],
  'CONNECT, namespace without an end': ['last', 'end'],
};

const names = Object.keys(packets) as Name[];

function verdicts(guard: PacketGuard, name: Name): [Verdict | undefined, Verdict | undefined] {
  const all = Array.from({ length: 100 }, () => guard.judge(packets[name]));
  return [all[0], all.at(-1)];
}

test.each(names)('%s gets its verdicts before the handshake', (name) => {
  expect(
    verdicts(
      createPacketGuard(() => 0),
      name,
    ),
  ).toEqual(before[name] ?? ['end', 'end']);
});

test.each(names)('%s gets its verdicts after the handshake', (name) => {
  const guard = createPacketGuard(() => 0);
  guard.accept();
  expect(verdicts(guard, name)).toEqual(after[name] ?? ['pass', 'end']);
});

test('a client that answers every ping for a day stays connected', () => {
  let now = 0;
  const guard = createPacketGuard(() => now);
  guard.judge(packets.CONNECT);
  guard.accept();
  for (; now < 86_400_000; now += 10_000) expect(guard.judge(packets.pong)).toBe('pass');
});

test('attachments of a packet are accepted up to the size of a frame, and only if announced', () => {
  const guard = createPacketGuard(() => 0);
  guard.accept();
  const half = message(Buffer.alloc(MAX_FRAME_BYTES / 2));
  const announce = (count: number) => guard.judge(message(`5${count}-["x"]`));
  expect([announce(2), guard.judge(half)]).toEqual(['pass', 'pass']);
  expect(guard.attachmentBytes()).toBe(MAX_FRAME_BYTES / 2);
  expect(guard.judge(half)).toBe('pass');
  expect(guard.attachmentBytes()).toBe(0);
  expect(guard.judge(half)).toBe('end');
  const other = createPacketGuard(() => 0);
  other.accept();
  other.judge(message('53-["x"]'));
  expect([1, 2, 3].map(() => other.judge(half))).toEqual(['pass', 'pass', 'end']);
});
