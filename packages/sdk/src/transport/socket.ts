import {
  type Command,
  errorFromWire,
  type HandshakeAuth,
  sessionReady,
  type SessionReady,
  UnavailableError,
} from '@chasqui/protocol';
import { io } from 'socket.io-client';
import * as z from 'zod';
import { OfflineError } from '../errors';
import type { Trace } from './trace';

/** One connection, from its handshake to its end. A reconnect creates a new object. */
export interface ChatSocket {
  /**
   * Sends a command and resolves to its reply. Throws the server's error when it is refused; OfflineError when the
   * connection ends first or no reply comes within 11 s, so that the outcome is unknown.
   */
  request<S extends z.ZodType>(
    command: Pick<Command, 'name'>,
    answer: S,
    ...data: unknown[]
  ): Promise<z.output<S>>;
  /** Closes the connection without calling `onLost`. A second call does nothing. */
  close(): void;
}

export interface SocketOptions {
  url: string;
  auth: HandshakeAuth & { token: string };
  onReady: (socket: ChatSocket, session: SessionReady) => void;
  onEvent: (socket: ChatSocket, name: string, data: unknown) => void;
  /** The connection failed to open or has ended; called at most once, with the server's reason if it gave one. */
  onLost: (reason: Error) => void;
  trace?: Trace | undefined;
}

/** Longer than the server takes for any reply (COMMAND_TIMEOUT_MS). */
const ANSWER_WITHIN_MS = 11_000;
const READY_WITHIN_MS = 15_000;

const answerSchema = z.union([
  z.looseObject({ success: z.literal(true) }),
  z.looseObject({ success: z.literal(false), error: z.unknown() }),
]);
const refusedHandshake = z.object({ data: z.looseObject({ name: z.string() }) });

/** Starts to connect, by WebSocket, or by long polling where that is blocked. */
export function openChatSocket(options: SocketOptions): ChatSocket {
  const { url, auth, onReady, onEvent, onLost, trace } = options;
  // io() would interpret a path in the URL as a namespace.
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
    () => end(new OfflineError('the server did not send session:ready in time')),
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
    request<S extends z.ZodType>({ name }: Pick<Command, 'name'>, answer: S, ...data: unknown[]) {
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
        trace?.({ type: 'command', name, data: data[0] });
        socket.emit(name, ...data, (reply: unknown) => {
          settle();
          trace?.({ type: 'reply', name, data: data[0], reply });
          try {
            resolve(answer.parse(readAnswer(reply)));
          } catch (error) {
            reject(error instanceof Error ? error : new UnavailableError());
          }
        });
      });
    },
    close: () => end(new OfflineError(), false),
  };

  socket.onAny((name: string, data: unknown) => {
    trace?.({ type: 'event', name, data });
    if (name !== sessionReady.name) return onEvent(self, name, data);
    const ready = sessionReady.data.safeParse(data);
    if (!ready.success) return end(new UnavailableError('the server speaks a different protocol'));
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

function readAnswer(reply: unknown): unknown {
  const answer = answerSchema.safeParse(reply);
  if (!answer.success) throw new UnavailableError('the reply has an unknown format');
  if (answer.data.success) return answer.data;
  throw errorFromWire(answer.data.error);
}
