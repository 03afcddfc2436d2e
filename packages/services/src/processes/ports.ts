import { createServer } from 'node:net';

/** Whether a server could listen there now. */
async function isFree(port: number, host: string): Promise<boolean> {
  return typeof (await listenBriefly(port, host)) === 'number';
}

/** Why no server can listen there, in one line for the person at the terminal; undefined when one can. */
export async function whyNotListen(port: number, host: string): Promise<string | undefined> {
  const result = await listenBriefly(port, host);
  if (typeof result === 'number') return undefined;
  switch (result.code) {
    case 'EADDRINUSE':
      return `Port ${port} on ${host} is in use: stop what listens there, or set PORT to another.`;
    case 'EACCES':
    case 'EPERM':
      return `Port ${port} on ${host} needs privileges that this process lacks: set PORT to another.`;
    case 'EADDRNOTAVAIL':
      return `HOST ${host} is no address of this machine.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `HOST ${host} cannot be resolved to an address.`;
    default:
      return `HOST ${host} cannot be listened on: ${result.message}.`;
  }
}

/** The preferred port if it is free, so that addresses stay the same over restarts; else any. */
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
