import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { endsWithin, withTimeout } from '@chasqui/foundation';

/**
 * Only a hanging process reaches this limit: an exit is noticed immediately, and a process on a busy machine
 * responds earlier.
 */
export const HANGS_AFTER_MS = 150_000;
/** After this time without a response the server is asked again. */
const ASK_AGAIN_AFTER_MS = 5_000;
const LINES_KEPT = 40;
const PORT_TAKEN = /address already in use|EADDRINUSE/i;

/** The last lines of a process's output. Reading also keeps it from blocking on a full pipe. */
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
   * Whether this process responds, not another one on its port. May never settle: a stopped process accepts
   * connections without responding.
   */
  answers(): Promise<boolean>;
  hangsAfterMs?: number;
}

/**
 * Waits until the server responds or its process exits. Resolves to `port taken` if it exited because its port is
 * in use. Throws if it exits for another reason or hangs, with its last lines.
 */
export async function endOrAnswer(server: StartingServer): Promise<'answers' | 'port taken'> {
  const { name, child, lastLines, answers, hangsAfterMs = HANGS_AFTER_MS } = server;
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const hasExited = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const deadline = performance.now() + hangsAfterMs;
  while (!hasExited()) {
    const waitMs = Math.min(ASK_AGAIN_AFTER_MS, Math.max(0, deadline - performance.now()));
    const answered = await withTimeout(
      Promise.race([answers().catch(() => false), closed.then(() => false)]),
      waitMs,
      () => false,
    );
    if (answered && !hasExited()) return 'answers';
    if (performance.now() > deadline) {
      const waited = `${Math.round(hangsAfterMs / 1_000)} s`;
      throw new Error(`${name} is running, but has not responded for ${waited}:\n${lastLines()}`);
    }
    await Promise.race([delay(20), closed]);
  }
  // Read the rest of its output.
  await endsWithin(closed, 1_000);
  const output = lastLines();
  if (PORT_TAKEN.test(output)) return 'port taken';
  throw new Error(`${name} ended with ${child.signalCode ?? `code ${child.exitCode}`}:\n${output}`);
}
