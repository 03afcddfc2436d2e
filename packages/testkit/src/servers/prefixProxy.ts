import { createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A reverse proxy that serves a server under a path and strips that path, as many installations do. */
export interface PrefixProxy {
  /** Includes the path, without a trailing slash. */
  readonly url: string;
  /** Requested paths outside the prefix, answered with 404. */
  readonly strayed: readonly string[];
  close(): Promise<void>;
}

/** `prefix`: for example `/chat`. Forwards the Host header and WebSockets. */
export async function startPrefixProxy(target: string, prefix: string): Promise<PrefixProxy> {
  const { hostname, port } = new URL(target);
  const strayed: string[] = [];
  const sockets = new Set<Socket>();

  /** Undefined outside the prefix. */
  const below = (path: string): string | undefined =>
    path.startsWith(`${prefix}/`) ? path.slice(prefix.length) : undefined;

  const server = createServer((from, to) => {
    const path = below(from.url ?? '');
    if (path === undefined) {
      strayed.push(from.url ?? '');
      to.writeHead(404).end();
      return;
    }
    const options = { hostname, port, path, method: from.method, headers: from.headers };
    const onward = request(options, (answer) => {
      to.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(to);
    });
    onward.on('error', () => to.destroy());
    from.pipe(onward);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('upgrade', (from, socket: Socket, head) => {
    const path = below(from.url ?? '');
    if (path === undefined) {
      strayed.push(from.url ?? '');
      socket.destroy();
      return;
    }
    const onward = request({ hostname, port, path, headers: from.headers });
    onward.on('upgrade', (answer, other: Socket, rest) => {
      const lines = Object.entries(answer.headers).map(
        ([name, value]) => `${name}: ${String(value)}`,
      );
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('\r\n')}\r\n\r\n`);
      socket.write(rest);
      other.write(head);
      other.pipe(socket).pipe(other);
      for (const [one, peer] of [
        [socket, other],
        [other, socket],
      ] as const) {
        one.on('error', () => peer.destroy());
        one.on('close', () => peer.destroy());
      }
    });
    onward.on('error', () => socket.destroy());
    onward.end();
  });

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${own}${prefix}`,
    strayed,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
