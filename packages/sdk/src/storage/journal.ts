import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import { StorageError } from '../errors';
import { hasCode } from './hasCode';
import type { Change } from './storage';

const lineSchema = z.array(z.tuple([z.string()], z.unknown()));

/** One write: a line of JSON, so that a line is whole or it is not there. */
export function lineOf(changes: readonly Change[]): string {
  const pairs = changes.map(({ key, value }) => (value === undefined ? [key] : [key, value]));
  return `${JSON.stringify(pairs)}\n`;
}

/**
 * What a file of lines adds up to. The last line may have been cut short by a crash: then it was not answered, and is
 * passed over. Any other line that is none of ours is a StorageError, because what follows it would be lost silently.
 */
export async function readJournal(file: string): Promise<{ values: Map<string, unknown> }> {
  const values = new Map<string, unknown>();
  const lines = (await textOf(file)).split('\n');
  // After the last line break stands nothing, or a line that was cut short.
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
