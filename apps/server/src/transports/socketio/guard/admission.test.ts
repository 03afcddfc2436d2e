import { createServer, IncomingMessage } from 'node:http';
import { Duplex } from 'node:stream';
import { Socket } from 'node:net';
import { admitByTurns } from './admission';

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('[fault 28] simultaneous handshakes are admitted a few per turn, in order, and none is lost', async () => {
  const server = createServer();
  const admitted: string[] = [];
  server.on('upgrade', (request) => admitted.push(request.url ?? ''));
  admitByTurns(server, () => true);
  const urls = Array.from({ length: 100 }, (_, i) => `/${i}`);
  const gone = new Duplex();
  gone.destroy();
  for (const url of urls) {
    const request = Object.assign(new IncomingMessage(new Socket()), { url });
    server.emit('upgrade', request, url === '/7' ? gone : new Duplex(), Buffer.alloc(0));
  }
  expect(admitted).toEqual([]);
  const sizes = [];
  while (admitted.length < 99) {
    const before = admitted.length;
    await nextTurn();
    sizes.push(admitted.length - before);
  }
  expect(Math.max(...sizes)).toBeLessThanOrEqual(16);
  expect(admitted).toEqual(urls.filter((url) => url !== '/7'));
});
