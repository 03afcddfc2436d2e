import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import express from 'express';
import { webClient } from './webClient';

const folder = mkdtempSync(path.join(os.tmpdir(), 'chasqui-web-'));
let server: Server;
let port: number;

beforeAll(async () => {
  mkdirSync(path.join(folder, 'assets'));
  const page = '<!doctype html>the page';
  writeFileSync(path.join(folder, 'index.html'), page);
  writeFileSync(path.join(folder, 'index.html.gz'), gzipSync(page));
  writeFileSync(path.join(folder, 'assets/index-1a2b.js'), 'script()');
  writeFileSync(path.join(folder, 'assets/index-1a2b.js.gz'), gzipSync('script()'));
  writeFileSync(path.join(folder, 'assets/index-1a2b.js.br'), brotliCompressSync('script()'));
  const app = express();
  app.use(webClient(folder));
  app.use((_request, response) => void response.status(404).send('not ours'));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = isAddress(address) ? address.port : 0;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const isAddress = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === 'object' && address !== null;

/** As sent on the wire; fetch would decompress it. */
async function ask(name: string, accept = ''): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = { 'accept-encoding': accept };
    const request = get({ host: '127.0.0.1', port, path: name, headers, agent: false });
    request.on('error', reject).on('response', (response) => {
      response.resume();
      resolve(response);
    });
  });
}

test('the page is revalidated each time, content-hashed files are cached for a year', async () => {
  const page = await ask('/');
  expect(page.statusCode).toBe(200);
  expect(page.headers['content-type']).toContain('text/html');
  expect(page.headers['cache-control']).toBe('public, no-cache');
  const script = await ask('/assets/index-1a2b.js');
  expect(script.headers['cache-control']).toContain('immutable');
});

test.each([
  ['br, gzip', '/assets/index-1a2b.js', 'br', 'text/javascript'],
  ['gzip', '/assets/index-1a2b.js', 'gzip', 'text/javascript'],
  ['identity', '/assets/index-1a2b.js', undefined, 'text/javascript'],
  ['br', '/', undefined, 'text/html'],
  ['gzip', '/', 'gzip', 'text/html'],
])(
  'a client that accepts %s gets %s as %s, with its own type',
  async (accept, name, encoding, type) => {
    const { statusCode, headers } = await ask(name, accept);
    expect(statusCode).toBe(200);
    expect(headers['content-encoding']).toBe(encoding);
    expect(headers['content-type']).toContain(type);
    expect(headers.vary).toContain('Accept-Encoding');
  },
);

test.each(['/api/users/me', '/docs/openapi.json', '/../package.json', '/assets/', '/%2e%2e/x.js'])(
  'unknown files fall through: %s',
  async (name) => {
    expect((await ask(name, 'br, gzip')).statusCode).toBe(404);
  },
);
