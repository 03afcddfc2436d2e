import { createServer } from 'node:net';

/** Whether a server could listen there now. */
export async function isFree(port: number, host: string): Promise<boolean> {
  return (await listenBriefly(port, host)) !== undefined;
}

/** The preferred port if it is free, so that addresses stay the same over restarts; else any. */
export async function findPort(host: string, preferred?: number): Promise<number> {
  if (preferred !== undefined && (await isFree(preferred, host))) return preferred;
  const port = await listenBriefly(0, host);
  if (port === undefined) throw new Error(`no free port on ${host}`);
  return port;
}

function listenBriefly(port: number, host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host, exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}
