// What `npm run demo` runs once everything is built: exit code 0 when every message has arrived.
import path from 'node:path';
import { StartupError } from '@chasqui/services';
import { bounded, DemoFailure, interruptible } from './bounded';
import { openCast, type Cast } from './players';
import { play } from './story';
import { complaint, table } from './table';
import { openTarget, type Target } from './target';
import { createTerminal } from './terminal';

const MESSAGES = 1_000;
// npm passes on a Ctrl-C that the terminal has sent us already: the echo is not a second one.
const ECHO_MS = 1_000;

const over = new AbortController();
let target: Target | undefined;
let cast: Cast | undefined;
let interruptedAt: number | undefined;

const live = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const terminal = createTerminal({ live, write: (text) => void process.stdout.write(text) });
// A reader who leaves early must not keep us from cleaning up.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

function interrupt(): void {
  if (interruptedAt === undefined) {
    interruptedAt = Date.now();
    over.abort();
  } else if (Date.now() - interruptedAt > ECHO_MS) {
    void target?.close({ hurry: true });
  }
}
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);

async function main(): Promise<number> {
  terminal.title('Looking for an instance');
  const root = path.resolve(__dirname, '../../..');
  const options = { root, env: process.env, say: terminal.line, signal: over.signal };
  target = await openTarget(options);
  const address = target.state().urls[0];
  terminal.line(
    target.isOurs
      ? `none runs here; a fresh one for the demo is up at ${address}`
      : `using the one that runs at ${address}; its parts will be killed`,
  );
  const { signal } = over;
  cast = await interruptible(signal, openCast(target.state().urls));
  const story = play({ target, cast, terminal, messages: MESSAGES, signal });
  const outcome = await interruptible(signal, story);
  terminal.title('What became of the messages');
  for (const line of table(outcome, MESSAGES, terminal)) terminal.line(line);
  const wrong = complaint(outcome);
  if (wrong !== undefined) throw new DemoFailure(wrong);
  terminal.line(terminal.good('Every message arrived once and in order.'));
  return 0;
}

async function run(): Promise<void> {
  let code = 1;
  try {
    code = await main();
  } catch (error) {
    if (interruptedAt !== undefined) code = 130;
    const isKnown = error instanceof DemoFailure || error instanceof StartupError;
    const unknown = error instanceof Error ? error.stack : String(error);
    const reason = isKnown ? error.message : (unknown ?? 'failed');
    terminal.line(terminal.bad(interruptedAt === undefined ? reason : 'Interrupted.'));
  }
  over.abort();
  await cast?.leave();
  if (target?.isOurs) terminal.line('stopping and removing the fresh instance');
  await bounded('everything is stopped', 20_000, target?.close() ?? Promise.resolve()).catch(
    (error: unknown) => terminal.line(terminal.bad(String(error))),
  );
  process.exit(code);
}

void run();
