import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Bytes of all headers of a request, its line included: an access token of 4,096 characters, a cursor of 1,024 and what
 * browsers and proxies add fit; more is answered with 431.
 */
const HEADER_BYTES_MAX = 12_288;
/** Headers of a request. Browsers send about 20, proxies add about 10. */
const HEADERS_MAX = 100;
/** Requests of one connection that have not been answered: browsers send one, each more costs some kilobytes. */
const PIPELINED_MAX = 4;
/**
 * Between two requests a connection is kept for longer than proxies keep it (nginx and others for 60 s): whichever side
 * closes first must not be ours, or the request that is on its way at that moment is lost.
 */
const KEEP_ALIVE_MS = 75_000;

/**
 * The HTTP server of a node. It bounds what a connection may send before `app` sees a request: the bytes and the
 * number of headers, 10 s for them, 15 s for the whole request, and the number of requests waiting for an answer.
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
      // Closed meanwhile, but the rest of what it had sent is still being parsed.
      if (request.socket.destroyed) return;
      if (request.rawHeaders.length <= 2 * HEADERS_MAX) app(request, response);
      else response.writeHead(431, { Connection: 'close' }).end();
    },
  );
  // Node drops what is beyond, which could be any header; one more than allowed shows that there were too many.
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
