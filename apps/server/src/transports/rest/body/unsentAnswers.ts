import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { ByteAccount, ByteBudget } from '@chasqui/limits';

/** Closes the connections of readers who leave their answers unread. */
export interface UnsentAnswers {
  /** Gives one answer more time than others have, in milliseconds from now. */
  allow(response: ServerResponse, ms: number): void;
  stop(): void;
}

/** A socket on which nothing is read or written for so long is closed; longer than a long poll stays open. */
const IDLE_MS = 20_000;
/** From the first byte of an answer to its last: a page of 1 MiB at 70 kbit/s. */
const ANSWER_MS = 120_000;
const MEASURE_EVERY_MS = 1_000;

interface Open {
  response: ServerResponse;
  account: ByteAccount;
  /** When the answer has to be read; unset until its first byte is written. */
  dueAt: number | undefined;
}

interface Options {
  server: Server;
  unsent: ByteBudget;
  /** Milliseconds of a clock that is never set back. */
  now: () => number;
  /** Milliseconds without progress, after which a socket is closed. */
  idleMs?: number;
}

/**
 * Counts what every answer of this server holds in `unsent`, whichever handler writes it, and destroys the socket of an answer
 * that makes no progress for 20 s or is not read whole within 120 s. To be called before the server listens.
 */
export function watchAnswers({ server, unsent, now, idleMs = IDLE_MS }: Options): UnsentAnswers {
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

  /** Answers that wait behind another one are told nothing when their socket closes. */
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
    // At once and not with the next look: pipelined requests are answered within one turn of the event loop.
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
    allow(response, ms) {
      const one = open.get(response);
      if (one !== undefined) one.dueAt = now() + ms;
    },
    stop: () => clearInterval(timer),
  };
}
