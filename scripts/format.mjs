// npm run format: writes every file the way the checks want it.
import { ensureInstalled } from './install.mjs';
import { runBin } from './run.mjs';

await ensureInstalled();
process.exit(await runBin('prettier/bin/prettier.cjs', ['--write', '.', '--log-level', 'warn']));
