import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ValidationError } from '@pern/protocol/errors';
import { MAX_FRAME_BYTES } from '@pern/protocol/limits';

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?;?\s*$/i;

/**
 * Reads a JSON body; undefined when there is none. Throws ValidationError: 415 for anything that
 * does not say it is JSON in UTF-8, 413 as soon as it is too large, 400 when it is malformed.
 *
 * Written here because the usual parser reads an endless body to its end before it refuses it.
 */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
  if (!hasBody(request)) return undefined;
  try {
    if (!JSON_TYPE.test(request.headers['content-type'] ?? '')) {
      throw new ValidationError('the body must be application/json in UTF-8', undefined, 415);
    }
    if ((request.headers['content-encoding'] ?? 'identity') !== 'identity') {
      throw new ValidationError('the body must not be compressed', undefined, 415);
    }
    const bytes = await readBytes(request);
    return bytes.length === 0 ? undefined : parse(bytes);
  } catch (error) {
    // What is still to come is thrown away; the server's request time-out ends it.
    request.resume();
    throw error;
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_FRAME_BYTES) throw tooLarge();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_FRAME_BYTES) {
        chunks.length = 0;
        request.removeAllListeners('data');
        reject(tooLarge());
      } else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', () => reject(incomplete()));
    request.once('close', () => reject(incomplete()));
  });
}

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new ValidationError('the body must be UTF-8');
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    // The parser's own message repeats what it read.
    throw new ValidationError('the body must be well-formed JSON');
  }
}

function tooLarge(): ValidationError {
  return new ValidationError(`the body must be at most ${MAX_FRAME_BYTES} bytes`, undefined, 413);
}

function incomplete(): ValidationError {
  return new ValidationError('the body ended early');
}
