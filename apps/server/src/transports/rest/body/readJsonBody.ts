import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { ByteBudget } from '@chasqui/limits';
import { MAX_FRAME_BYTES, ValidationError } from '@chasqui/protocol';
import { isJson } from './isJson';

/**
 * Reads a JSON body; undefined if there is none. Throws ValidationError: 415 unless the type is
 * JSON in UTF-8, 413 as soon as it is too large, 400 if malformed. Received bytes count in `unread`
 * until the body is complete, so that many slow writers cannot exhaust memory.
 *
 * Replaces the usual parser, which reads an oversized body to its end before refusing it.
 */
export async function readJsonBody(request: IncomingMessage, unread: ByteBudget): Promise<unknown> {
  if (!hasBody(request)) return undefined;
  try {
    if (!isJson(request.headers['content-type'])) {
      throw new ValidationError('the body must be application/json in UTF-8', undefined, 415);
    }
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new ValidationError('the body must not be compressed', undefined, 415);
    }
    const bytes = await readBytes(request, unread);
    return bytes.length === 0 ? undefined : parse(bytes);
  } catch (error) {
    // Discard the rest; the server's request time-out ends it.
    request.resume();
    throw error;
  }
}

export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/** Reads a body of at most `max` bytes. Throws ValidationError with 413 as soon as it is too large. */
export async function readBytes(
  request: IncomingMessage,
  unread: ByteBudget,
  max = MAX_FRAME_BYTES,
): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > max) throw tooLarge(max);
  const account = unread.open(() => request.socket.destroy());
  // One growing buffer: a body sent byte by byte would cost hundreds of bytes per chunk.
  let bytes = Buffer.alloc(0);
  let size = 0;
  function keep(chunk: Buffer): void {
    if (size + chunk.length > bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(2 * bytes.length, size + chunk.length));
      bytes.copy(grown, 0, 0, size);
      bytes = grown;
      account.set(bytes.length);
    }
    size += chunk.copy(bytes, size);
  }
  try {
    await new Promise<void>((resolve, reject) => {
      request.on('data', (chunk: Buffer) => {
        if (size + chunk.length <= max) {
          keep(chunk);
          return;
        }
        request.removeAllListeners('data');
        reject(tooLarge(max));
      });
      request.once('end', resolve);
      request.once('error', () => reject(incomplete()));
      request.once('close', () => reject(incomplete()));
    });
    return bytes.subarray(0, size);
  } finally {
    account.end();
  }
}

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new ValidationError('the body must be UTF-8');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's own message quotes the input.
    throw new ValidationError('the body must be well-formed JSON');
  }
}

function tooLarge(max: number): ValidationError {
  return new ValidationError(`the body must be at most ${max} bytes`, undefined, 413);
}

function incomplete(): ValidationError {
  return new ValidationError('the body ended early');
}
