import { commands } from '@chasqui/protocol';
import { parseServerSettings } from '@chasqui/settings';
import {
  millisecondsOf,
  openServerFixture,
  openSocket,
  quietLog,
  type ServerFixture,
  until,
} from '@chasqui/testkit';
import { WebSocket } from 'ws';
import * as z from 'zod';
import { startNode, type Node } from '../../startNode';

// What no client of ours would say to the socket door.

let fixture: ServerFixture<Node>;
let one: Node;
const log = quietLog();

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  one = await fixture.open();
});
afterEach(() => fixture.disconnectAll());
afterAll(() => fixture.close());

function refused(name: string): object {
  const error: unknown = expect.objectContaining({ name });
  return { success: false, error };
}

describe('bad input', () => {
  const odd: [string, unknown[]][] = [
    ['nothing', []],
    ['null', [null]],
    ['a string', ['text']],
    ['an array', [[]]],
    ['a number', [7]],
    ['bytes', [Buffer.from('bytes')]],
    ['odd keys', [JSON.parse('{"__proto__": {"a": 1}, "conversationId": {"$ne": 1}}')]],
  ];

  test.each(odd)(
    '%s is a ValidationError for every command that wants data',
    async (_what, data) => {
      const { access_token } = await fixture.register();
      const client = await fixture.connect(access_token);
      for (const { name, data: schema } of commands) {
        // Those that want nothing, or nothing in particular, take anything.
        if (schema.safeParse({}).success) continue;
        expect([name, await client.ask(name, ...data)]).toEqual([name, refused('ValidationError')]);
      }
      // Without a callback nobody is told, and nobody is harmed.
      for (const { name } of commands) client.socket.emit(name, ...data);
      expect(await client.ask('presence:online')).toEqual({ success: true });
    },
  );

  test('an event that is no command is refused, and is not repeated', async () => {
    const { access_token } = await fixture.register();
    const client = await fixture.connect(access_token);
    expect(await client.ask('chat:nothing', { secret: 1 })).toEqual(refused('ValidationError'));
    for (const name of ['error', 'connection', 'message', '__proto__', 'constructor']) {
      expect(await client.ask(name, nested(10))).toEqual(refused('ValidationError'));
    }
  });

  test.each([
    ['a frame of 131,073 bytes', [`42["chat:typing","${'x'.repeat(131_055)}"]`]],
    [
      'an attachment that never comes',
      ['451-["chat:typing",{"_placeholder":true,"num":0}]', '42["x"]'],
    ],
    ['a packet that is none', ['4x']],
    ['a reserved event', ['42["disconnect"]']],
  ])('%s costs the connection at most', async (_what, packets) => {
    const { access_token } = await fixture.register();
    const raw = await rawSocket(access_token);
    for (const packet of packets) raw.send(packet);
    await new Promise((resolve) => raw.once('close', resolve));
    await expect(fixture.connect(access_token)).resolves.toBeDefined();
  });

  test('an array 5,000 deep is refused, and never comes back', async () => {
    const { access_token } = await fixture.register();
    const raw = await rawSocket(access_token);
    const answered = new Promise<string>((resolve) => {
      raw.on('message', (data: Buffer) => {
        if (data.toString().startsWith('43')) resolve(data.toString());
      });
    });
    raw.send(`427["chat:typing",${'['.repeat(5_000)}${']'.repeat(5_000)}]`);
    expect(await answered).toMatch(/^437\[\{"success":false,"error":\{"name":"ValidationError"/);
    raw.close();
  });

  test('an unknown namespace is refused', async () => {
    const { access_token } = await fixture.register();
    await expect(
      openSocket(`${fixture.urlOf()}/admin`, { auth: { token: access_token } }),
    ).rejects.toThrow('Invalid namespace');
  });

  test('a flood of 10,000 events is answered with RateLimitError, and others are served', async () => {
    const [flooder, other] = await Promise.all([fixture.register(), fixture.register()]);
    const flood = await fixture.connect(flooder.access_token);
    const calm = await fixture.connect(other.access_token);
    const answers: unknown[] = [];
    for (let i = 0; i < 10_000; i++) {
      flood.socket.emit('chat:typing', {}, (answer: unknown) => answers.push(answer));
    }
    // Others ask as long as it lasts; a machine that stands still for a moment delays one of them, a flood all.
    const tookMs: number[] = [];
    const ask = async () => expect(await calm.ask('presence:online')).toEqual({ success: true });
    do tookMs.push(await millisecondsOf(ask));
    while (answers.length < 10_000 && tookMs.length < 50);
    expect(Math.min(...tookMs)).toBeLessThan(3_000);
    expect(Math.max(...tookMs)).toBeLessThan(10_000);
    await until('all are answered', () => answers.length === 10_000);
    const limited = answers.filter((answer) => nameOf(answer) === 'RateLimitError');
    expect(limited.length).toBeGreaterThan(9_000);
  });
});

test('nothing of all this was a bug', () => {
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

/** A connection whose every byte is the test's own. */
async function rawSocket(token: string): Promise<WebSocket> {
  const raw = new WebSocket(`ws://127.0.0.1:${one.port}/socket.io/?EIO=4&transport=websocket`);
  raw.once('open', () => raw.send(`40{"token":"${token}"}`));
  await new Promise<void>((resolve) => {
    raw.on('message', (data: Buffer) => {
      if (data.toString().includes('session:ready')) resolve();
    });
  });
  return raw;
}

function nested(levels: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < levels; i++) value = [value];
  return value;
}

function nameOf(answer: unknown): unknown {
  const refusal = z.object({ error: z.object({ name: z.string() }) }).safeParse(answer);
  return refusal.data?.error.name;
}
