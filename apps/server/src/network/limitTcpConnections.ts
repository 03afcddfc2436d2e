import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Caps open TCP connections per remote address and destroys the excess before reading from them.
 * Trusted proxies are exempt; they limit their own clients. Idle connections and half-sent requests
 * are bounded by the server's time-outs.
 */
export function limitTcpConnections(
  server: Server,
  { max, isProxy }: { max: number; isProxy: (address: string) => boolean },
): void {
  const open = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (isProxy(address)) return;
    const held = open.get(address) ?? 0;
    if (held >= max) {
      socket.destroy();
      return;
    }
    open.set(address, held + 1);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
    });
  });
}
