import type { PostgresState } from './postgresState';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Log } from '@chasqui/foundation';
import type { Metrics } from './metrics';

export interface OperatorServerDeps {
  metrics: Pick<Metrics, 'text' | 'contentType'>;
  /** Contains the PostgreSQL fields once they are known. */
  health(): { status: 'ok' | 'degraded'; redis: boolean } & Partial<PostgresState>;
  log: Log;
}

export interface OperatorServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves `GET /healthz` and `GET /metrics` to operators, on loopback by default. Rejects when the port is taken.
 */
export async function serveOperators(
  { host, port }: { host: string; port: number },
  deps: OperatorServerDeps,
): Promise<OperatorServer> {
  const routes: Record<string, (response: ServerResponse) => Promise<void>> = {
    'GET /healthz': async (response) => json(response, deps.health()),
    'GET /metrics': async (response) => {
      const text = await deps.metrics.text();
      response.setHeader('content-type', deps.metrics.contentType).end(text);
    },
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    const path = (request.url ?? '').split('?')[0] ?? '';
    const route = routes[`${request.method ?? ''} ${path}`];
    if (!route) {
      response.statusCode = 404;
      json(response, {
        error: { name: 'NotFoundError', message: 'not found; try /healthz or /metrics' },
      });
      return;
    }
    route(response).catch((error: unknown) => {
      deps.log.warn({ err: error, path }, 'could not answer an operator request');
      response.statusCode = 503;
      json(response, {
        error: { name: 'UnavailableError', message: 'a store does not answer; try again' },
      });
    });
  };

  const server = createServer({ requestTimeout: 10_000 }, answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  server.on('error', (error) => deps.log.warn({ err: error }, 'operator server error'));
  return {
    port: listeningPort(server.address()),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listeningPort(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function json(response: ServerResponse, body: object): void {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
}
