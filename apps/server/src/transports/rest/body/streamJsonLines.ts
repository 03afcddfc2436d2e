import type { Response } from 'express';

/** Characters gathered into one write. */
const CHUNK = 65_536;
/** A chunk not read within this time is abandoned, or read at less than 20 kbit/s. */
const CHUNK_MS = 30_000;

/**
 * Streams pages of records as JSON lines. The next page is requested only after all previous output
 * was handed to the operating system, so memory holds one page and one chunk. An error before the
 * first page is thrown and becomes a normal error response. A later error breaks the connection, so
 * the final record is missing. A reader that disconnects, or takes no chunk within 30 s, is not an
 * error.
 */
export async function streamJsonLines(
  response: Response,
  mediaType: string,
  pages: AsyncGenerator<object[]>,
): Promise<void> {
  const first = await pages.next();
  // The time limit has already responded.
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

/** Resolves to true when the chunk has left this process, to false when the reader is gone. */
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
