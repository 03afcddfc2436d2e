import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createByteBudget } from '@chasqui/limits/testing';
import { until } from '@chasqui/testkit';
import { watchResponses } from './unsentResponses';

const MIB = 1_048_576;
const BODY = Buffer.alloc(16 * MIB, 'x');
const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

async function openServer({ maxBytes = 1_000 * MIB, idleMs = 20_000 } = {}) {
  let time = 0;
  const now = () => time;
  const budget = createByteBudget({ maxBytes, now });
  const server: Server = createServer((_request, response) => response.end(BODY));
  const answers = watchResponses({ server, unsent: budget, now, idleMs });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push(() => {
    answers.stop();
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, budget, pass: (ms: number) => (time += ms) };
}

function ask(port: number): { socket: Socket; isClosed: () => boolean } {
  let closed = false;
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined).on('close', () => (closed = true));
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  open.push(() => socket.destroy());
  return { socket, isClosed: () => closed };
}

/**
 * Sends a request and reads nothing: the kernel takes some of the response, the rest stays in the
 * process.
 */
function askAndLeave(port: number) {
  const asked = ask(port);
  asked.socket.pause();
  return asked;
}

/** A paused socket notices its end only when it is read. */
async function untilClosed({ socket, isClosed }: ReturnType<typeof ask>): Promise<number> {
  let bytes = 0;
  socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
  socket.resume();
  await until('the connection is closed', async () => isClosed());
  return bytes;
}

test('unread responses are closed above the budget, the oldest first; readers are served', async () => {
  const { port, budget, pass } = await openServer({ maxBytes: 50 * MIB });
  const slow = [];
  for (let i = 0; i < 10; i += 1) {
    slow.push(askAndLeave(port));
    await until(
      'it was answered',
      async () => budget.held() + budget.closed() * 16 * MIB >= 10 * MIB,
    );
    pass(1_000);
  }
  await until('some were closed', async () => budget.closed() >= 6);
  expect(budget.held()).toBeLessThanOrEqual(50 * MIB);
  expect(await untilClosed(slow[0] as ReturnType<typeof ask>)).toBeLessThan(BODY.length);

  const honest = ask(port);
  let bytes = 0;
  honest.socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
  await until('the answer is whole', async () => bytes > BODY.length);
  expect(honest.isClosed()).toBe(false);
});

test('a response without progress is closed', async () => {
  const { port, budget } = await openServer({ idleMs: 500 });
  const slow = askAndLeave(port);
  await until('it was answered', async () => budget.held() > 0);
  await until('it holds nothing any more', async () => budget.held() === 0);
  expect(budget.closed()).toBe(0);
  expect(await untilClosed(slow)).toBeLessThan(BODY.length);
});

test('a trickling response is closed when its time is over', async () => {
  const { port, budget, pass } = await openServer();
  const slow = askAndLeave(port);
  await until('it was answered', async () => budget.held() > 0);
  await until('its time has passed', async () => {
    // A response's time begins when the watcher first sees it.
    pass(121_000);
    slow.socket.read(1);
    return budget.held() === 0;
  });
  expect(await untilClosed(slow)).toBeLessThan(BODY.length);
});

test('responses queued behind an unread one are counted immediately', async () => {
  const { port, budget } = await openServer({ maxBytes: 100 * MIB });
  const slow = connect(port, '127.0.0.1');
  open.push(() => slow.destroy());
  slow.on('error', () => undefined).pause();
  slow.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(10));
  await until('it was closed', async () => budget.closed() > 0);
  expect(budget.held()).toBeLessThanOrEqual(100 * MIB);
});
