import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Ends TCP connections beyond so many per remote address before a byte of them is read; proxies are trusted to limit
 * themselves. For what stands open without a word or with half a request there is the server's own time-out.
 */
export function guardSockets(
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
