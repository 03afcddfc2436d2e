// Console output of the scripts: one line per step, with its duration.

const bold = (text) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[22m` : text);
const red = (text) => (process.stdout.isTTY ? `\u001b[31m${text}\u001b[39m` : text);

/** Runs one step; prints its name before and its duration after it. */
export async function step(name, work) {
  const started = Date.now();
  console.log(bold(`› ${name} …`));
  const result = await work();
  console.log(`  ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return result;
}

/** Ends the process with one line that names the reason. */
export function fail(message) {
  console.error(red(message));
  process.exit(1);
}
