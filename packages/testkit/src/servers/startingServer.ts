import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { endsWithin, withTimeout } from '@chasqui/foundation';

/**
 * Only a process that hangs is waited for so long: one that ends is noticed at once, and one on a
 * busy machine answers before.
 */
export const HANGS_AFTER_MS = 150_000;
/** How long one answer is waited for before the server is asked again. */
const ASKS_AGAIN_AFTER_MS = 5_000;
const LINES_KEPT = 40;
const PORT_TAKEN = /address already in use|EADDRINUSE/i;

/** The last lines that a process writes. Reading them also keeps it from blocking on a full pipe. */
export function lastLinesOf(...outputs: (Readable | null)[]): () => string {
  const lines: string[] = [];
  for (const output of outputs) {
    if (output === null) continue;
    createInterface({ input: output }).on('line', (line) => {
      lines.push(line);
      if (lines.length > LINES_KEPT) lines.shift();
    });
  }
  return () => lines.join('\n');
}

export interface StartingServer {
  name: string;
  child: ChildProcess;
  lastLines(): string;
  /**
   * Whether this very process answers, and not another that listens on its port. It may never settle:
   * a process that is stopped accepts connections and answers none.
   */
  answers(): Promise<boolean>;
  hangsAfterMs?: number;
}

/**
 * Waits until the server answers or its process ends. Resolves to `port taken` when it ended because
 * somebody else listens on its port; throws otherwise, with which of the two it was and its last lines.
 */
export async function endOrAnswer(server: StartingServer): Promise<'answers' | 'port taken'> {
  const { name, child, lastLines, answers, hangsAfterMs = HANGS_AFTER_MS } = server;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const deadline = performance.now() + hangsAfterMs;
  while (!isOver()) {
    const waitMs = Math.min(ASKS_AGAIN_AFTER_MS, Math.max(0, deadline - performance.now()));
    const answered = await withTimeout(
      Promise.race([answers().catch(() => false), closed.then(() => false)]),
      waitMs,
      () => false,
    );
    if (answered && !isOver()) return 'answers';
    if (performance.now() > deadline) {
      const waited = `${Math.round(hangsAfterMs / 1_000)} s`;
      throw new Error(`${name} runs and has not answered for ${waited}:\n${lastLines()}`);
    }
    await Promise.race([delay(20), closed]);
  }
  // Its last words are read to the end.
  await endsWithin(closed, 1_000);
  const said = lastLines();
  if (PORT_TAKEN.test(said)) return 'port taken';
  throw new Error(`${name} ended with ${child.signalCode ?? `code ${child.exitCode}`}:\n${said}`);
}
