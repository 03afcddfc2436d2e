import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { guardOfThisFile, releaseGuard } from '@pern/testing/program';
import type { Scope } from '../contest';

/** A folder below the system's temporary one. It goes with the scope, also when we are killed. */
export function throwawayFolder(scope: Scope, name: string): string {
  scope.onClose(releaseGuard);
  const folder = mkdtempSync(path.join(os.tmpdir(), `chasqui-${name}-`));
  guardOfThisFile().removeAfterwards(folder);
  return folder;
}
