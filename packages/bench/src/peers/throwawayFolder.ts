import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { guardOfThisFile } from '@chasqui/testkit';

/** Creates a temporary folder. It is removed when the row ends, even if this process is killed. */
export function throwawayFolder(name: string): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), `chasqui-${name}-`));
  guardOfThisFile().removeAfterwards(folder);
  return folder;
}
