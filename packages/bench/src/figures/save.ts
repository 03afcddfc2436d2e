import { mkdirSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Line } from './lines';

const root = path.resolve(__dirname, '../../../..');

/** Writes the figures of this run below .data/bench, and says where. */
export function saveRuns(
  lines: readonly Line[],
  { effort, rounds }: { effort: string; rounds: number },
): string {
  const at = new Date().toISOString();
  const [cpu] = os.cpus();
  const machine = { cpu: cpu?.model ?? 'unknown', cores: os.cpus().length, node: process.version };
  const text = `${JSON.stringify({ at, effort, rounds, machine, lines }, null, 2)}\n`;
  const folder = path.join(root, '.data/bench');
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, `${at.replace(/[:.]/g, '-')}.json`);
  writeFileSync(file, text);
  return `The runs are in ${path.relative(root, file)}`;
}
