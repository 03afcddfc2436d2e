import type { Response } from 'express';

/** Characters of lines that are gathered into one write. */
const CHUNK = 65_536;
/** A chunk that has not been read by then was left unread, or is read at less than 20 kbit/s. */
const CHUNK_MS = 30_000;

/**
 * Streams pages of records as JSON lines. Nothing is read ahead: the next page is asked for when all before it has
 * been handed to the operating system, so memory holds one page and one chunk. An error before the first page is thrown
 * and can still become a refusal. After it the connection breaks off, and the last record is missing. A reader who has
 * gone, or takes no chunk within 30 s, is no error.
 */
export async function sendLines(
  response: Response,
  mediaType: string,
  pages: AsyncGenerator<object[]>,
): Promise<void> {
  const first = await pages.next();
  // The time limit has answered already.
  if (response.headersSent) return;
  response.status(200).set('Content-Type', mediaType);
  async function* all(): AsyncGenerator<object[]> {
    if (first.done !== true) yield first.value;
    yield* pages;
  }
  for await (const page of all()) {
    for (const chunk of chunksOf(page)) {
      if (!(await write(response, chunk))) return;
    }
  }
  response.end();
}

function* chunksOf(page: object[]): Generator<string> {
  let chunk = '';
  for (const record of page) {
    chunk += `${JSON.stringify(record)}\n`;
    if (chunk.length < CHUNK) continue;
    yield chunk;
    chunk = '';
  }
  if (chunk !== '') yield chunk;
}

/** Resolves when the chunk has left this process: true; false when nobody will read it any more. */
async function write(response: Response, chunk: string): Promise<boolean> {
  if (response.destroyed) return false;
  if (response.write(chunk)) return true;
  return new Promise((resolve) => {
    const timer = setTimeout(() => response.destroy(), CHUNK_MS);
    const settle = (): void => {
      clearTimeout(timer);
      response.off('drain', settle).off('close', settle);
      resolve(!response.destroyed);
    };
    response.once('drain', settle).once('close', settle);
  });
}
