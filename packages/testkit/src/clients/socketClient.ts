import { io, type Socket } from 'socket.io-client';

/** An unmodified socket.io-client that records every event. */
export interface SocketClient {
  readonly socket: Socket;
  /** Every event in wire order. */
  readonly events: { event: string; data: unknown }[];
  /** Data of all events of this name so far. */
  all(event: string): unknown[];
  /** Sends a command and resolves to its answer. */
  ask(command: string, ...data: unknown[]): Promise<unknown>;
  close(): void;
}

export interface SocketOptions {
  auth?: Record<string, unknown>;
  transports?: ('polling' | 'websocket')[];
  headers?: Record<string, string>;
}

/** Connects; resolves on `session:ready`, rejects with the `connect_error`. */
export async function openSocket(
  url: string,
  { auth = {}, transports = ['websocket'], headers }: SocketOptions = {},
): Promise<SocketClient> {
  const socket = io(url, {
    auth,
    transports,
    reconnection: false,
    forceNew: true,
    ...(headers === undefined ? {} : { extraHeaders: headers }),
  });
  const events: { event: string; data: unknown }[] = [];
  socket.onAny((event: string, data: unknown) => events.push({ event, data }));
  await new Promise<void>((resolve, reject) => {
    socket.once('session:ready', () => resolve());
    socket.once('disconnect', (reason) => reject(new Error(`disconnected: ${reason}`)));
    socket.once('connect_error', (error) => {
      socket.disconnect();
      reject(error);
    });
  });
  return {
    socket,
    events,
    all: (event) => events.filter((one) => one.event === event).map(({ data }) => data),
    ask: (command, ...data) =>
      new Promise((resolve) => socket.emit(command, ...data, (answer: unknown) => resolve(answer))),
    close: () => socket.disconnect(),
  };
}
