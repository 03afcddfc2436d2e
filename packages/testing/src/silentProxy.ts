import net from 'node:net';
import type { AddressInfo } from 'node:net';

/** A wire between a client and a server on loopback that can be cut without a word. */
export interface SilentProxy {
  readonly port: number;
  /** From now on nothing passes, in either direction, on old connections; new ones are not answered. */
  cut(): void;
  /** New connections pass again; what was cut stays cut, as after a lost route. */
  heal(): void;
  close(): Promise<void>;
}

/** Forwards to `targetPort`. No reset and no end is ever told while the wire is cut. */
export async function startSilentProxy(targetPort: number): Promise<SilentProxy> {
  const sockets = new Set<net.Socket>();
  let isCut = false;
  const track = (socket: net.Socket): net.Socket => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    return socket;
  };
  const server = net.createServer({ allowHalfOpen: true }, (client) => {
    track(client);
    if (isCut) {
      client.pause();
      return;
    }
    const target = track(net.connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true }));
    client.pipe(target);
    target.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    cut() {
      isCut = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    heal() {
      isCut = false;
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
