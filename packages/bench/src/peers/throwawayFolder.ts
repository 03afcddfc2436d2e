import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { guardOfThisFile } from '@pern/testing/program';

/** A folder below the system's temporary one. It goes when the row is done, also when we are killed. */
export function throwawayFolder(name: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), `chasqui-${name}-`));
  guardOfThisFile().removeAfterwards(folder);
  return folder;
}
