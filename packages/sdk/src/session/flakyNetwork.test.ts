import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@chasqui/testkit';
import { openChatClient } from '../openChatClient';
import { createMemoryStorage } from '../storage/memoryStorage';

const ANA = '0198a000-0000-7000-8000-00000000000a';
const user = {
  ...{ id: ANA, username: 'ana', display_name: 'Ana' },
  ...{ created_at: '2026-01-01T00:00:00.000Z', presence: null },
};
const session = {
  ...{ user, access_token: 'access', refresh_token: 'refresh' },
  ...{ expires_at: 0, renew_at: 0 },
};

const json =
  (status: number, body: string): RequestListener =>
  (_, answer) =>
    answer.writeHead(status, { 'content-type': 'application/json' }).end(body);

/** Things between a client and its server: captive portals, proxies, broken connections. */
const between: Record<string, RequestListener> = {
  'a portal that asks for a login': (_, answer) =>
    answer.writeHead(401, { 'content-type': 'text/html' }).end('<h1>Welcome to the hotel</h1>'),
  'a portal that answers every request with a page': (_, answer) =>
    answer.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Welcome to the hotel</h1>'),
  'a proxy with errors of its own': json(401, '{"error":"unauthorized"}'),
  'a proxy that forbids': json(403, '{"message":"forbidden"}'),
  'a proxy without a server behind it': json(502, ''),
  'a connection that breaks off': (request) => request.socket.destroy(),
};

test.each(Object.entries(between))(
  '%s neither ends the session nor deletes data',
  async (_, listener) => {
    let requests = 0;
    const server = createServer((request, answer) => {
      requests += 1;
      listener(request, answer);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const storage = createMemoryStorage();
    await storage.write([
      { key: 'session', value: session },
      { key: `user/${ANA}/known/kept`, value: 'kept' },
    ]);
    const client = await openChatClient({ url: `http://127.0.0.1:${port}`, storage });
    client.connect();
    await until('two requests were made', () => requests >= 2);
    expect(client.getState().me?.id).toBe(ANA);
    expect(await storage.get('session')).toMatchObject({ refresh_token: 'refresh' });
    expect(await storage.get(`user/${ANA}/known/kept`)).toBe('kept');
    await client.close();
    await new Promise((resolve) => server.close(resolve));
  },
);
