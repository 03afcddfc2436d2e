import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { StorageError } from '../../errors';
import { hasCode } from './hasCode';
import type { Change } from '../storage';

const lineSchema = z.array(z.tuple([z.string()], z.unknown()));

/** Encodes one write as a line of JSON, so that a write is complete or absent. */
export function lineOf(changes: readonly Change[]): string {
  const pairs = changes.map(({ key, value }) => (value === undefined ? [key] : [key, value]));
  return `${JSON.stringify(pairs)}\n`;
}

/**
 * Replays a file of lines. A crash may have cut the last line short: that write never resolved, so the line is ignored.
 * Throws StorageError for any other unreadable line, because skipping it would lose data silently.
 */
export async function readJournal(file: string): Promise<{ values: Map<string, unknown> }> {
  const values = new Map<string, unknown>();
  const lines = (await textOf(file)).split('\n');
  // The last element is empty, or a line that was cut short.
  lines.pop();
  for (const [i, line] of lines.entries()) {
    for (const [key, value] of pairsIn(line, `${file}, line ${i + 1}`)) {
      if (value === undefined) values.delete(key);
      else values.set(key, value);
    }
  }
  return { values };
}

function pairsIn(line: string, where: string): z.output<typeof lineSchema> {
  try {
    return lineSchema.parse(JSON.parse(line));
  } catch (error) {
    throw new StorageError(`${where} is not readable`, { cause: error });
  }
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw new StorageError(`${file} cannot be read`, { cause: error });
  }
}
