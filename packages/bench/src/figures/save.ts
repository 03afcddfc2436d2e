import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Line } from './lines';

export interface Machine {
  cpu: string;
  cores: number;
  memoryGiB: number;
  node: string;
}

export function thisMachine(): Machine {
  const [cpu] = os.cpus();
  const memoryGiB = Math.round(os.totalmem() / 1024 ** 3);
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: os.cpus().length,
    memoryGiB,
    node: process.version,
  };
}

/** Writes the figures of this run below .data/bench. Returns a line with the file name. */
export function saveRuns(
  lines: readonly Line[],
  run: { effort: string; machine: Machine },
  root: string,
): string {
  const at = new Date().toISOString();
  const text = `${JSON.stringify({ at, ...run, lines }, null, 2)}\n`;
  const folder = path.join(root, '.data/bench');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${at.replace(/[:.]/g, '-')}.json`);
  writeFileSync(file, text);
  return `The runs are in ${path.relative(root, file)}`;
}
