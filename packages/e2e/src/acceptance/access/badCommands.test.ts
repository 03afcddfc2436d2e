import { connect } from 'node:net';
import {
  createHttpClient,
  createPeople,
  type Device,
  type HttpClient,
  type Instance,
  millisecondsOf,
  openInstance,
  type People,
  type Person,
  until,
} from '@chasqui/testkit';
import { io } from 'socket.io-client';

// docs/testing/hostile-input.md against a running node: each input gets a declared error, and the process survives.

let instance: Instance;
let people: People;
let http: HttpClient;
let ana: Person;
let ben: Person;
let eve: Person;
let id: string;
let unfinished: Unfinished[];
beforeAll(async () => {
  instance = await openInstance({ worker: false });
  unfinished = openUnfinished(Number(new URL(instance.url()).port));
  people = createPeople(instance);
  http = createHttpClient(instance.url());
  ({ ana, ben, eve } = await people.registerAll('ana', 'ben', 'eve'));
  ({ id } = await people.direct(ana, ben));
  await ana.send(id, 'hello');
});
afterAll(async () => {
  people.disconnectAll();
  await instance.close();
});
afterEach(async () => {
  expect(instance.nodes[0]?.program.isRunning()).toBe(true);
  expect((await http('GET', '/healthz')).status).toBe(200);
});

describe('Socket.IO', () => {
  let device: Device;
  beforeAll(async () => {
    device = ana.device();
    await device.connect();
    await device.drained();
  });

  const commands = [
    'chat:message_send',
    'chat:message_delivered',
    'chat:message_read',
    'chat:typing',
    'chat:sync',
    'auth:refresh',
  ];
  const deep = (levels: number): unknown => {
    let nest: unknown = [];
    for (let i = 0; i < levels; i++) nest = [nest];
    return nest;
  };
  const payloads: [what: string, ...data: unknown[]][] = [
    ['nothing'],
    ['null', null],
    ['a string', 'text'],
    ['a number', 7],
    ['an array', []],
    ['an array nested 2,000 levels deep', deep(2_000)],
    [
      'wrong types',
      { conversationId: 5, contentEncrypted: {}, isTyping: 'yes', token: [], cursor: 5 },
    ],
    ['binary', Buffer.from('abc')],
  ];
  const refusing = commands.filter((command) => command !== 'chat:sync');
  const cases = refusing.flatMap((command) =>
    payloads.map(([what, ...data]) => [command, what, data] as const),
  );
  test.each(cases)('%s with %s is answered with an error', async (command, _what, data) => {
    const answer = await device.ask(command, ...data);
    expect(answer.success).toBe(false);
    expect(answer.success ? '' : answer.error.name).toMatch(
      /^(ValidationError|UnauthorizedError)$/,
    );
    expect(device.socket().connected).toBe(true);
  });

  test('chat:sync refuses invalid cursors and limits', async () => {
    for (const data of [{ cursor: 5 }, { cursor: 'x' }, { limit: 0 }, { limit: 101 }, 'text', []]) {
      const answer = await device.ask('chat:sync', data);
      expect(answer.success ? 'success' : answer.error.name).toBe('ValidationError');
    }
  });

  test('a command without a callback, or with extra data, does no harm', async () => {
    const socket = device.socket();
    socket.emit('chat:message_send', { conversationId: id, contentEncrypted: 'no callback' });
    for (const [, ...data] of payloads) socket.emit('chat:message_send', ...data);
    for (const command of commands) socket.emit(command);
    await until('the message is stored', async () =>
      (await ben.history(id)).some((one) => one.content_encrypted === 'no callback'),
    );
    expect(device.socket().connected).toBe(true);
  });

  test('unknown and reserved events are answered or ignored', async () => {
    const answer = await device.ask('chat:unknown', {});
    expect(answer.success ? '' : answer.error.name).toBe('ValidationError');
    for (const name of ['', '__proto__', 'constructor', 'toString', 'session:ready']) {
      expect((await device.ask(name, {})).success).toBe(false);
    }
    expect(device.socket().connected).toBe(true);
  });

  test('acknowledging a foreign or unsent entry is an error and changes nothing', async () => {
    const before = (await ana.conversation(id)).my;
    const { last_seq: last } = await ana.conversation(id);
    const elsewhere = await people.group(eve);
    const secret = await eve.send(elsewhere.id, 'secret');
    for (const [data, name] of [
      [{ messageId: secret.id }, 'NotFoundError'],
      [{ conversationId: elsewhere.id, seq: 1 }, 'NotFoundError'],
      [{ conversationId: id, seq: last + 1 }, 'ValidationError'],
      [{ conversationId: id, seq: Number.MAX_SAFE_INTEGER }, 'ValidationError'],
      [{ conversationId: id, seq: 2 ** 60 }, 'ValidationError'],
      [{ conversationId: id, seq: 0 }, 'ValidationError'],
      [{ conversationId: id, seq: -1 }, 'ValidationError'],
      [{ conversationId: id, seq: 1.5 }, 'ValidationError'],
      [{ conversationId: id, seq: '1' }, 'ValidationError'],
    ] as const) {
      for (const command of ['chat:message_delivered', 'chat:message_read']) {
        const answer = await device.ask(command, data);
        expect([data, answer.success ? 'success' : answer.error.name]).toEqual([data, name]);
      }
    }
    expect((await ana.conversation(id)).my.read_seq).toBe(before.read_seq);
  });

  test('a frame over 131,072 bytes closes only its own connection', async () => {
    const oversized = ana.device();
    await oversized.connect();
    const disconnected = new Promise((resolve) => oversized.socket().once('disconnect', resolve));
    oversized
      .socket()
      .emit('chat:message_send', { conversationId: id, contentEncrypted: 'x'.repeat(140_000) });
    await disconnected;
    expect(device.socket().connected).toBe(true);
  });

  test('deep nesting, a missing attachment and a malformed packet close at most the connection', async () => {
    const frames = [
      `42["chat:message_send",${'['.repeat(5_000)}${']'.repeat(5_000)}]`,
      '451-["chat:message_send",{"_placeholder":true,"num":0}]',
      '42["chat:message_send"',
      '42{}',
      '42[]',
      '42[null]',
      '42[5,{}]',
      '49999999999999999999["x"]',
      '4',
      '40/admin,',
      '44{"message":"x"}',
      '45999999999-["x",{"_placeholder":true,"num":0}]',
    ];
    for (const frame of frames) {
      const oversized = ana.device();
      await oversized.connect();
      const { engine } = oversized.socket().io;
      engine.transport.send([{ type: 'message', data: frame.slice(1) }]);
      const proof = ben.device();
      await proof.connect();
      proof.disconnect();
      oversized.disconnect();
    }
    expect(device.socket().connected).toBe(true);
  });

  test('unknown namespaces are refused', async () => {
    const socket = io(`${instance.url()}/admin`, {
      ...{
        auth: { token: ana.token },
        transports: ['websocket'],
        reconnection: false,
        forceNew: true,
      },
    });
    await new Promise((resolve) => socket.once('connect_error', resolve));
    socket.disconnect();
  });

  test('a node still serves others during a flood of 10,000 events', async () => {
    const flooder = eve.device();
    await flooder.connect();
    for (let i = 0; i < 10_000; i++) {
      flooder.socket().emit('chat:typing', { conversationId: id, isTyping: true });
    }
    const tookMs = await millisecondsOf(async () => {
      expect((await device.send(id, 'through the flood')).outcome).toBe('acknowledged');
    });
    expect(tookMs).toBeLessThan(10_000);
    flooder.disconnect();
  });
});

interface Unfinished {
  what: string;
  /** Resolves to the time until the server closed it, in milliseconds. */
  closed: Promise<number>;
}

/** Connections that open a transport and never authenticate. */
function openUnfinished(port: number): Unfinished[] {
  const upgrade = [
    'GET /socket.io/?EIO=4&transport=websocket HTTP/1.1',
    ...['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  ].join('\r\n');
  const began = performance.now();
  const hold = (what: string, ...writes: (string | Buffer)[]): Unfinished => {
    const socket = connect(port, '127.0.0.1', () => {
      for (const bytes of writes) socket.write(bytes);
    });
    socket.on('error', () => undefined);
    const closed = new Promise<number>((resolve) => {
      const end = () => resolve(performance.now() - began);
      socket.once('close', end);
      socket.on('data', (bytes) => {
        // The first byte of a close frame; a client that does not answer it is dropped 30 s later.
        if (bytes.includes(0x88)) end();
      });
    }).finally(() => socket.destroy());
    return { what, closed };
  };
  return [
    hold('a silent WebSocket', upgrade),
    // The first two bytes of a masked frame that is never completed.
    hold('a WebSocket with half a frame', upgrade, Buffer.from([0x81, 0xfe])),
  ];
}

test('a connection that never completes its handshake is closed within 20 s', async () => {
  for (const { what, closed } of unfinished) {
    expect([what, (await closed) < 20_000]).toEqual([what, true]);
  }
});
