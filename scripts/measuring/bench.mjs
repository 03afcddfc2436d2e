// npm run bench -- relay: measures throughput and latency beside other programs; without a name, every benchmark.
import { ensureBuilt } from '../building/ensureBuilt.mjs';
import { run } from '../running/run.mjs';

await ensureBuilt();
process.exit(
  await run(process.execPath, ['packages/bench/dist/main.js', ...process.argv.slice(2)]),
);
