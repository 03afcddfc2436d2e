import { Socket } from 'node:net';

// The only file that uses private members of ws: `_socket`, and of `_receiver` the limit and the buffers.
// Checked with ws 8.23.0; internals.test.ts fails with another version.

/** Memory of a one-byte chunk. A frame that trickles in takes far more memory than its bytes. */
const CHUNK_BYTES = 256;

/** The TCP socket below a WebSocket. */
export function tcpSocketOf(webSocket: object): Socket | undefined {
  const socket: unknown = Reflect.get(webSocket, '_socket');
  return socket instanceof Socket ? socket : undefined;
}

/** Sets the limit of a message to `bytes`. */
export function allowMessages(webSocket: object, bytes: number): void {
  Reflect.set(receiverOf(webSocket), '_maxPayload', bytes);
}

/** Memory taken by the received part of an incomplete message. */
export function unreadBytesOf(webSocket: object): number {
  const receiver = receiverOf(webSocket);
  const chunks: unknown = Reflect.get(receiver, '_buffers');
  return (
    numberOf(receiver, '_bufferedBytes') +
    numberOf(receiver, '_messageLength') +
    (Array.isArray(chunks) ? chunks.length * CHUNK_BYTES : 0)
  );
}

function receiverOf(webSocket: object): object {
  const receiver: unknown = Reflect.get(webSocket, '_receiver');
  if (typeof receiver !== 'object' || receiver === null || !('_maxPayload' in receiver))
    throw new Error('this version of ws bounds messages differently');
  return receiver;
}

function numberOf(receiver: object, field: string): number {
  const value: unknown = Reflect.get(receiver, field);
  return typeof value === 'number' ? value : 0;
}
