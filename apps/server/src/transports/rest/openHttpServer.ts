import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Maximum bytes of all headers including the request line; larger requests get 431. Fits an access
 * token of 4,096 characters, a cursor of 1,024 and what browsers and proxies add.
 */
const HEADER_BYTES_MAX = 12_288;
/** Maximum headers per request. Browsers send about 20, proxies add about 10. */
const HEADERS_MAX = 100;
/** Maximum unanswered requests per connection. Browsers send one; each more costs kilobytes. */
const PIPELINED_MAX = 4;
/**
 * Keep-alive between requests, longer than that of proxies (60 s in nginx and others). The server
 * must not be the side that closes first, or a request already on its way is lost.
 */
const KEEP_ALIVE_MS = 75_000;

/**
 * Creates the HTTP server of a node. Before `app` sees a request, the server bounds header bytes
 * and header count, allows 10 s for headers and 15 s for the whole request, and caps unanswered
 * requests.
 */
export function openHttpServer(app: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: 10_000,
      requestTimeout: 15_000,
      connectionsCheckingInterval: 2_000,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => {
      // The socket is closed, but buffered input is still being parsed.
      if (request.socket.destroyed) return;
      if (request.rawHeaders.length <= 2 * HEADERS_MAX) app(request, response);
      else response.writeHead(431, { Connection: 'close' }).end();
    },
  );
  // Node silently drops headers beyond this count; allowing one more reveals the excess.
  server.maxHeadersCount = HEADERS_MAX + 1;
  const waiting = new WeakMap<Socket, number>();

  server.prependListener('request', (request, response) => {
    const { socket } = request;
    const unanswered = (waiting.get(socket) ?? 0) + 1;
    waiting.set(socket, unanswered);
    if (unanswered > PIPELINED_MAX) socket.destroy();
    response.once('close', () => waiting.set(socket, (waiting.get(socket) ?? 1) - 1));
  });
  return server;
}
