// npm run format: formats every file as the checks require.
import { ensureInstalled } from './dependencies/install.mjs';
import { runBin } from './running/run.mjs';

await ensureInstalled();
process.exit(await runBin('prettier/bin/prettier.cjs', ['--write', '.', '--log-level', 'warn']));
