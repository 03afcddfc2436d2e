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
import { startNode, type Node } from '../../../startNode';

// Input that no client of this project sends to the socket.

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
    '%s is a ValidationError for every command that requires data',
    async (_what, data) => {
      const { access_token } = await fixture.register();
      const client = await fixture.connect(access_token);
      for (const { name, data: schema } of commands) {
        // Commands without required fields accept anything.
        if (schema.safeParse({}).success) continue;
        expect([name, await client.ask(name, ...data)]).toEqual([name, refused('ValidationError')]);
      }
      // Without a callback there is no answer, and the connection keeps working.
      for (const { name } of commands) client.socket.emit(name, ...data);
      expect(await client.ask('presence:online')).toEqual({ success: true });
    },
  );

  test('an unknown command is refused, and its name is not echoed', async () => {
    const { access_token } = await fixture.register();
    const client = await fixture.connect(access_token);
    expect(await client.ask('chat:nothing', { secret: 1 })).toEqual(refused('ValidationError'));
    for (const name of ['error', 'connection', 'message', '__proto__', 'constructor']) {
      expect(await client.ask(name, nested(10))).toEqual(refused('ValidationError'));
    }
  });

  test.each([
    ['a frame of 131,073 bytes', [`42["chat:typing","${'x'.repeat(131_055)}"]`]],
    ['a missing attachment', ['451-["chat:typing",{"_placeholder":true,"num":0}]', '42["x"]']],
    ['a malformed packet', ['4x']],
    ['a reserved event', ['42["disconnect"]']],
  ])('%s closes at most its own connection', async (_what, packets) => {
    const { access_token } = await fixture.register();
    const raw = await rawSocket(access_token);
    for (const packet of packets) raw.send(packet);
    await new Promise((resolve) => raw.once('close', resolve));
    await expect(fixture.connect(access_token)).resolves.toBeDefined();
  });

  test('an array nested 5,000 levels deep is refused and not echoed', async () => {
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

  test('a flood of 10,000 events is answered with RateLimitError, and other clients are served', async () => {
    const [flooder, other] = await Promise.all([fixture.register(), fixture.register()]);
    const flood = await fixture.connect(flooder.access_token);
    const calm = await fixture.connect(other.access_token);
    const answers: unknown[] = [];
    for (let i = 0; i < 10_000; i++) {
      flood.socket.emit('chat:typing', {}, (answer: unknown) => answers.push(answer));
    }
    // The other client sends commands throughout. A pause of the machine delays one of them, a flood would delay all.
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

test('no test in this file logged an error', () => {
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

/** A connection on which the test writes every byte. */
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
