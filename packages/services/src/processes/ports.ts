import { createServer } from 'node:net';

/** Whether a server can listen there now. */
async function isFree(port: number, host: string): Promise<boolean> {
  return typeof (await listenBriefly(port, host)) === 'number';
}

/** Why no server can listen there, in one line for the terminal; undefined when one can. */
export async function whyNotListen(port: number, host: string): Promise<string | undefined> {
  const result = await listenBriefly(port, host);
  if (typeof result === 'number') return undefined;
  switch (result.code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use: stop the program that listens there, or set PORT to another port.`;
    case 'EACCES':
    case 'EPERM':
      return `Port ${port} on ${host} needs privileges that this process lacks: set PORT to another port.`;
    case 'EADDRNOTAVAIL':
      return `HOST ${host} is not an address of this machine: set HOST to one, or to 127.0.0.1.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST ${host} cannot be resolved: set HOST to an address of this machine.`;
    default:
      return `Cannot listen on HOST ${host}: ${result.message}.`;
  }
}

/** Returns the preferred port if it is free, so that addresses survive a restart; otherwise any free port. */
export async function findPort(host: string, preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred, host))) return preferred;
  const port = await listenBriefly(0, host);
  if (typeof port !== 'number') throw new Error(`no free port on ${host}: ${port.message}`);
  return port;
}

function listenBriefly(port: number, host: string): Promise<number | NodeJS.ErrnoException> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', resolve);
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() =>
        resolve(typeof address === 'object' && address !== null ? address.port : port),
      );
    });
  });
}
