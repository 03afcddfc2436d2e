import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';

/** Whoever takes nothing for so long has gone. */
const IDLE_MS = 30_000;

/**
 * Streams pages of records as JSON lines, no faster than they are taken: memory holds a page or two. What goes
 * wrong before the first page is thrown and can be refused; after it the connection breaks off, and whoever reads misses
 * the last record. That the reader has gone is no error.
 */
export async function sendLines(
  response: Response,
  mediaType: string,
  pages: AsyncGenerator<object[]>,
): Promise<void> {
  const first = await pages.next();
  const text = async function* (): AsyncGenerator<string> {
    if (first.done !== true) yield lines(first.value);
    for await (const page of pages) yield lines(page);
  };
  response.status(200).set('Content-Type', mediaType);
  response.setTimeout(IDLE_MS, () => response.destroy());
  try {
    await pipeline(Readable.from(text()), response);
  } catch (error) {
    if (!response.destroyed || isOurs(error)) throw error;
  }
}

const lines = (page: object[]): string =>
  page.map((record) => `${JSON.stringify(record)}\n`).join('');

function isOurs(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code !== 'ERR_STREAM_PREMATURE_CLOSE' && code !== 'ERR_STREAM_DESTROYED';
}
