import type { Command } from '@pern/protocol/commands/command';
import { errorFromWire } from '@pern/protocol/errorFromWire';
import { UnavailableError } from '@pern/protocol/errors';
import { sessionReady, type SessionReady } from '@pern/protocol/events/sessionReady';
import type { HandshakeAuth } from '@pern/protocol/handshake';
import { io } from 'socket.io-client';
import * as z from 'zod';
import { OfflineError } from '../errors';

/** One connection, from its handshake to its end. Another one is another object. */
export interface ChatSocket {
  /**
   * A command and its answer. Throws the error of a refusal; OfflineError when the connection ends before the answer or
   * none comes: then nobody knows whether it was done.
   */
  ask<S extends z.ZodType>(
    command: Pick<Command, 'name'>,
    answer: S,
    ...data: unknown[]
  ): Promise<z.output<S>>;
  /** Ends it; nothing is told after that. A second call does nothing. */
  close(): void;
}

export interface SocketOptions {
  url: string;
  auth: HandshakeAuth & { token: string };
  onReady: (socket: ChatSocket, session: SessionReady) => void;
  onEvent: (socket: ChatSocket, name: string, data: unknown) => void;
  /** It could not be opened, or has ended. Once, and with the reason where the server gave one. */
  onLost: (reason: Error) => void;
}

/** Longer than the server takes for any answer (COMMAND_TIMEOUT_MS). */
const ANSWER_WITHIN_MS = 11_000;
const READY_WITHIN_MS = 15_000;

const answerSchema = z.union([
  z.looseObject({ success: z.literal(true) }),
  z.looseObject({ success: z.literal(false), error: z.unknown() }),
]);
const refusedHandshake = z.object({ data: z.looseObject({ name: z.string() }) });

/** Begins to connect. WebSocket first, and long polling where that is not let through. */
export function openChatSocket(options: SocketOptions): ChatSocket {
  const { url, auth, onReady, onEvent, onLost } = options;
  // A path in the address of io() would be a namespace.
  const { origin, pathname } = new URL(url);
  const socket = io(origin, {
    path: `${pathname.replace(/\/+$/, '')}/socket.io`,
    auth,
    transports: ['websocket', 'polling'],
    tryAllTransports: true,
    reconnection: false,
    forceNew: true,
  });
  const unanswered = new Set<(error: Error) => void>();
  let isOver = false;
  const tooLate = setTimeout(
    () => end(new OfflineError('the server did not say that it is ready')),
    READY_WITHIN_MS,
  );

  function end(reason: Error, isTold = true): void {
    if (isOver) return;
    isOver = true;
    clearTimeout(tooLate);
    socket.offAny();
    socket.disconnect();
    for (const fail of [...unanswered]) fail(new OfflineError('the connection ended'));
    if (isTold) onLost(reason);
  }

  const self: ChatSocket = {
    ask<S extends z.ZodType>({ name }: Pick<Command, 'name'>, answer: S, ...data: unknown[]) {
      return new Promise<z.output<S>>((resolve, reject) => {
        if (isOver || !socket.connected) return reject(new OfflineError());
        const settle = (): void => {
          clearTimeout(timer);
          unanswered.delete(fail);
        };
        const fail = (error: Error): void => {
          settle();
          reject(error);
        };
        const timer = setTimeout(
          () => fail(new OfflineError(`${name} was not answered`)),
          ANSWER_WITHIN_MS,
        );
        unanswered.add(fail);
        socket.emit(name, ...data, (said: unknown) => {
          settle();
          try {
            resolve(answer.parse(readAnswer(said)));
          } catch (error) {
            reject(error instanceof Error ? error : new UnavailableError());
          }
        });
      });
    },
    close: () => end(new OfflineError(), false),
  };

  socket.onAny((name: string, data: unknown) => {
    if (name !== sessionReady.name) return onEvent(self, name, data);
    const ready = sessionReady.data.safeParse(data);
    if (!ready.success) return end(new UnavailableError('the server speaks another protocol'));
    clearTimeout(tooLate);
    onReady(self, ready.data);
  });
  socket.on('connect_error', (error) => {
    const refused = refusedHandshake.safeParse(error);
    end(
      refused.success
        ? errorFromWire({ message: error.message, ...refused.data.data })
        : new OfflineError(undefined, { cause: error }),
    );
  });
  socket.on('disconnect', (reason) => end(new OfflineError(`the connection ended: ${reason}`)));
  return self;
}

function readAnswer(said: unknown): unknown {
  const answer = answerSchema.safeParse(said);
  if (!answer.success) throw new UnavailableError('an answer of a shape this client does not know');
  if (answer.data.success) return answer.data;
  throw errorFromWire(answer.data.error);
}
