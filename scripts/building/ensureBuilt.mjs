import { ensureInstalled } from '../dependencies/install.mjs';
import { fail, step } from '../running/console.mjs';
import { compile, isCurrent } from './compile.mjs';

/**
 * Installs the dependencies and compiles every workspace, or only `project` and what it needs; nothing when both are
 * current. Ends the process with one line when that fails.
 */
export async function ensureBuilt(project) {
  await ensureInstalled();
  if (isCurrent()) return;
  if (!(await step('Building', () => compile(project))))
    fail('The build failed: see the output above.');
}
