// The program behind `npm run demo`. Exit code 0 when every message arrived once and in order.
import path from 'node:path';
import { StartupError } from '@chasqui/services';
import { bounded, DemoFailure, interruptible } from './bounded';
import { openTarget, type Target } from './instance/target';
import { type Cast, openCast } from './people/cast';
import { complaint, table } from './report/table';
import { createTerminal } from './report/terminal';
import { play } from './story/story';

const MESSAGES = 1_000;
// npm forwards a Ctrl-C that the terminal has already sent; this echo does not count as a second one.
const ECHO_MS = 1_000;

const stopping = new AbortController();
let target: Target | undefined;
let cast: Cast | undefined;
let interruptedAt: number | undefined;

const live = process.stdout.isTTY && process.env.NO_COLOR === undefined;
const terminal = createTerminal({ live, write: (text) => void process.stdout.write(text) });
// A closed pipe, as with `| head`, must not prevent the cleanup.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

function interrupt(): void {
  if (interruptedAt === undefined) {
    interruptedAt = Date.now();
    stopping.abort();
  } else if (Date.now() - interruptedAt > ECHO_MS) {
    void target?.close({ hurry: true });
  }
}
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, interrupt);

async function main(): Promise<number> {
  terminal.title('Looking for an instance');
  const root = path.resolve(__dirname, '../../..');
  const options = { root, env: process.env, say: terminal.line, signal: stopping.signal };
  target = await openTarget(options);
  const address = target.state().urls[0];
  terminal.line(
    target.isOurs
      ? `none is running here; started a fresh one at ${address}`
      : `using the one at ${address}; its processes will be killed`,
  );
  const { signal } = stopping;
  cast = await interruptible(signal, openCast(target.state().urls));
  const story = play({ target, cast, terminal, messages: MESSAGES, signal });
  const outcome = await interruptible(signal, story);
  terminal.title('Result');
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
  stopping.abort();
  await cast?.leave();
  if (target?.isOurs) terminal.line('stopping and removing the fresh instance');
  await bounded('stopping the instance', 20_000, target?.close() ?? Promise.resolve()).catch(
    (error: unknown) => terminal.line(terminal.bad(String(error))),
  );
  process.exit(code);
}

void run();
