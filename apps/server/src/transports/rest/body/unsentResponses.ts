import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ByteAccount, ByteBudget } from '@chasqui/limits';

/** Closes connections whose clients do not read their responses. */
export interface UnsentResponses {
  /** Extends one response's deadline to `ms` milliseconds from now. */
  extend(response: ServerResponse, ms: number): void;
  stop(): void;
}

/** A socket without reads or writes for this long is closed; longer than a long poll stays open. */
const IDLE_MS = 20_000;
/** From the first byte of a response to its last: 1 MiB at 70 kbit/s. */
const ANSWER_MS = 120_000;
const MEASURE_EVERY_MS = 1_000;

interface Open {
  response: ServerResponse;
  account: ByteAccount;
  /** Deadline for the whole response; unset until its first byte is written. */
  dueAt: number | undefined;
}

interface Options {
  server: Server;
  unsent: ByteBudget;
  /** Milliseconds on a monotonic clock. */
  now: () => number;
  /** Milliseconds without progress after which a socket is closed. */
  idleMs?: number;
}

/**
 * Counts the unsent bytes of every response in `unsent`, whichever handler writes it. Destroys the
 * socket of a response that makes no progress for 20 s or takes more than 120 s. Call it before the
 * server listens.
 */
export function watchResponses({
  server,
  unsent,
  now,
  idleMs = IDLE_MS,
}: Options): UnsentResponses {
  const open = new Map<ServerResponse, Open>();
  const sockets = new WeakMap<Socket, Map<ServerResponse, Open>>();

  function measure({ response, account, ...rest }: Open): void {
    account.set(response.writableLength);
    if (rest.dueAt !== undefined && now() > rest.dueAt) response.socket?.destroy();
  }

  function forget({ response, account }: Open): void {
    open.delete(response);
    account.end();
    sockets.get(response.req.socket)?.delete(response);
  }

  /** Responses queued behind another one emit no event when their socket closes. */
  function ofSocket(socket: Socket): Map<ServerResponse, Open> {
    const known = sockets.get(socket);
    if (known) return known;
    const answers = new Map<ServerResponse, Open>();
    sockets.set(socket, answers);
    socket.once('close', () => {
      for (const one of answers.values()) forget(one);
    });
    return answers;
  }

  server.setTimeout(idleMs);
  server.prependListener('request', (request, response: ServerResponse) => {
    const account = unsent.open(() => request.socket.destroy());
    const one: Open = { response, account, dueAt: undefined };
    open.set(response, one);
    // Measure immediately: pipelined requests are answered within one turn of the event loop.
    response.end = new Proxy(response.end, {
      apply(end, self, given: unknown[]): unknown {
        const result: unknown = Reflect.apply(end, self, given);
        measure(one);
        return result;
      },
    });
    response.once('close', () => forget(one));
    ofSocket(request.socket).set(response, one);
  });

  const timer = setInterval(() => {
    for (const one of open.values()) {
      if (one.response.headersSent) one.dueAt ??= now() + ANSWER_MS;
      measure(one);
    }
  }, MEASURE_EVERY_MS);
  timer.unref();

  return {
    extend(response, ms) {
      const one = open.get(response);
      if (one !== undefined) one.dueAt = now() + ms;
    },
    stop: () => clearInterval(timer),
  };
}
