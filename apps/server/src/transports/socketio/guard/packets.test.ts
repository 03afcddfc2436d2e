import { parseServerSettings } from '@chasqui/settings';
import { openServerFixture, quietLog, type ServerFixture, until } from '@chasqui/testkit';
import { WebSocket } from 'ws';
import { startNode, type Node } from '../../../startNode';

// Hundreds of each unexpected packet, at every stage of every transport: the connection is closed, the packets are not
// answered one by one, and no memory stays in use.

let fixture: ServerFixture<Node>;
let one: Node;
let token: string;
const log = quietLog();
const raws: WebSocket[] = [];

beforeAll(async () => {
  fixture = await openServerFixture((env, redisPrefix) =>
    startNode({ settings: parseServerSettings(env), log, redisPrefix }),
  );
  one = await fixture.open();
  token = (await fixture.register()).access_token;
});
afterEach(() => {
  fixture.disconnectAll();
  for (const raw of raws.splice(0)) raw.terminate();
});
afterAll(() => fixture.close());

const FLOOD = 300;
/** A few until the connection is closed, pings, and those of the handshake. */
const ANSWERS_MAX = 12;
type Stage = 'before' | 'during' | 'after';
const stages: Stage[] = ['before', 'during', 'after'];

const packets: Record<string, string | Buffer> = {
  'Engine.IO open': '0{}',
  'Engine.IO close': '1',
  'Engine.IO ping': '2',
  'Engine.IO probe': '2probe',
  'Engine.IO pong': '3',
  'Engine.IO upgrade': '5',
  'Engine.IO noop': '6',
  'not a packet': 'x',
  'an empty packet': '',
  CONNECT: '40{}',
  'CONNECT to an unknown namespace': '40/n,',
  DISCONNECT: '41',
  'EVENT of an unknown namespace': '42/n,["x"]',
  ACK: '431[]',
  CONNECT_ERROR: '44{"message":"x"}',
  'BINARY_EVENT without its attachment': '451-["x",{"_placeholder":true,"num":0}]',
  'BINARY_ACK without its attachment': '461-1[{"_placeholder":true,"num":0}]',
  'an unknown packet': '49',
  'an attachment without a packet': Buffer.alloc(64),
};
const polled = Object.entries(packets).filter(([, packet]) => typeof packet === 'string');

interface Raw {
  webSocket: WebSocket;
  received: string[];
  isClosed: () => boolean;
}

async function openRaw(query = ''): Promise<Raw> {
  const url = `ws://127.0.0.1:${one.port}/socket.io/?EIO=4&transport=websocket${query}`;
  const webSocket = new WebSocket(url);
  raws.push(webSocket);
  const raw: Raw = {
    ...{ webSocket, received: [] },
    isClosed: () => webSocket.readyState === WebSocket.CLOSED,
  };
  webSocket.on('error', () => undefined);
  webSocket.on('message', (data: Buffer) => raw.received.push(data.toString()));
  await until('it is open', () => webSocket.readyState === WebSocket.OPEN);
  return raw;
}

const isReady = ({ received }: Raw): boolean =>
  received.some((text) => text.includes('session:ready'));

async function bring({ webSocket, ...raw }: Raw, stage: Stage): Promise<void> {
  if (stage !== 'before') webSocket.send(`40${JSON.stringify({ token })}`);
  if (stage === 'after') await until('it is accepted', () => isReady({ webSocket, ...raw }));
}

describe.each(stages)('by WebSocket, %s the handshake', (stage) => {
  test.each(Object.entries(packets))(
    'a flood of %s closes the connection',
    async (_what, packet) => {
      const raw = await openRaw();
      await bring(raw, stage);
      for (let i = 0; i < FLOOD; i++) raw.webSocket.send(packet);
      await until('it is closed', raw.isClosed);
      expect(raw.received.length).toBeLessThan(ANSWERS_MAX);
    },
  );

  test.each([
    ['pings', (webSocket: WebSocket) => webSocket.ping()],
    ['pongs', (webSocket: WebSocket) => webSocket.pong()],
    ['fragments of a message', (webSocket: WebSocket) => webSocket.send('', { fin: false })],
  ])('a flood of WebSocket %s closes the connection', async (_what, send) => {
    const raw = await openRaw();
    let pongs = 0;
    raw.webSocket.on('pong', () => (pongs += 1));
    await bring(raw, stage);
    for (let i = 0; i < FLOOD; i++) send(raw.webSocket);
    await until('it is closed', raw.isClosed);
    expect(pongs).toBeLessThan(100);
  });
});

test('a frame above 16 kB is refused before the handshake, and one of 120 kB is read after it', async () => {
  const large = `42["chat:nothing","${'x'.repeat(120_000)}"]`;
  const early = await openRaw();
  early.webSocket.send(large);
  await until('it is closed', early.isClosed);
  const raw = await openRaw();
  await bring(raw, 'after');
  raw.webSocket.send(large.replace('42', '427'));
  await until('it is answered', () => raw.received.some((text) => text.startsWith('437[')));
});

const session = (query = '') => `${fixture.urlOf()}/socket.io/?EIO=4&transport=polling${query}`;

async function openPolling(stage: Stage): Promise<string> {
  const opened = await (await fetch(session())).text();
  const { sid } = JSON.parse(opened.slice(1)) as { sid: string };
  if (stage === 'before') return sid;
  await post(sid, `40${JSON.stringify({ token })}`);
  for (let received = ''; stage === 'after' && !received.includes('session:ready');) {
    received += await (await fetch(session(`&sid=${sid}`))).text();
  }
  return sid;
}

async function post(sid: string, body: string): Promise<number> {
  const asked = { method: 'POST', body, headers: { 'content-type': 'text/plain' } };
  // The request may be cut off when its session ends.
  return fetch(session(`&sid=${sid}`), asked).then(
    ({ status }) => status,
    () => 0,
  );
}

/** Engine.IO answers 400 for a session that does not exist. */
async function isClosed(sid: string): Promise<boolean> {
  return (await post(sid, '3')) === 400;
}

describe.each(stages)('by polling, %s the handshake', (stage) => {
  test.each(polled)('a flood of %s closes the session', async (_what, packet) => {
    const sid = await openPolling(stage);
    await post(sid, Array<string>(FLOOD).fill(String(packet)).join('\u001e'));
    await until('it is closed', () => isClosed(sid));
  });
});

test('the requests and bytes of a polling session are limited before its handshake', async () => {
  const many = await openPolling('before');
  for (let i = 0; i < 40; i++) await post(many, '3');
  expect(await isClosed(many)).toBe(true);
  const large = await openPolling('before');
  expect(await post(large, `40${JSON.stringify({ token: 'x'.repeat(20_000) })}`)).toBe(413);
  const accepted = await openPolling('after');
  expect(await post(accepted, `42["chat:nothing","${'x'.repeat(120_000)}"]`)).toBe(200);
});

describe.each(['before', 'after'] as const)('during an upgrade, %s the handshake', (stage) => {
  test.each(Object.entries(packets))(
    'a flood of %s closes the connection',
    async (_what, packet) => {
      const sid = await openPolling(stage);
      const raw = await openRaw(`&sid=${sid}`);
      raw.webSocket.send('2probe');
      for (let i = 0; i < FLOOD; i++) raw.webSocket.send(packet);
      await until('it is closed', raw.isClosed);
      expect(raw.received.length).toBeLessThan(ANSWERS_MAX);
    },
  );
});

test('a connection that leaves its namespace is closed', async () => {
  const raw = await openRaw();
  await bring(raw, 'after');
  raw.webSocket.send('41');
  await until('it is closed', raw.isClosed);
});

test('a request with an empty session id counts as a handshake', async () => {
  const limited = await fixture.open({
    CONNECTIONS_PER_ADDRESS: '1',
    TRUST_PROXY: '127.0.0.1',
  });
  const headers = { 'x-forwarded-for': '192.0.2.1' };
  const first = await fixture.connect(token, { node: limited, headers });
  expect(first.all('session:ready')).toHaveLength(1);
  const url = (query: string) =>
    `${fixture.urlOf(limited)}/socket.io/?EIO=4&transport=polling${query}`;
  const refused = async (query: string): Promise<boolean> => {
    const all = await Promise.all(
      Array.from({ length: 300 }, () => fetch(url(query), { headers })),
    );
    return all.some(({ status }) => status === 429);
  };
  for (const query of ['', '&sid=', '&sid=x&sid='])
    expect([query, await refused(query)]).toEqual([query, true]);
});

test('an upgrade to another path is refused', async () => {
  const webSocket = new WebSocket(`ws://127.0.0.1:${one.port}/elsewhere`);
  webSocket.on('error', () => undefined);
  const status = await new Promise((resolve) =>
    webSocket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode)),
  );
  expect(status).toBe(404);
});

test('after these floods no bytes are held, no error was logged, and other clients are served', async () => {
  await until('nothing is held', async () => {
    const text = await (await fetch(`${fixture.urlOf()}/metrics`)).text();
    const held = [...text.matchAll(/^chasqui_held_bytes\{.*\} (\d+)$/gm)].map(([, bytes]) => bytes);
    return held.length > 0 && held.every((bytes) => bytes === '0');
  });
  expect(log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  const client = await fixture.connect(token);
  expect(await client.ask('presence:online')).toEqual({ success: true });
});
