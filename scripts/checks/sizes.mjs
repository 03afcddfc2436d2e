// Bounds on folders and files, so that both stay readable at a glance. `node scripts/test.mjs sizes` checks every source.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../running/run.mjs';
import { filesBelow } from './files.mjs';

const MOST_FILES = 12;
const MOST_LINES = 300;

/** Folders with more files, and why. Tests count like other files. */
const largeFolders = {
  'docs/adr': 'a series of records: one is added per decision and none moves',
  'docs/subsystems': 'one page per subsystem, listed in docs/README.md',
  'packages/db/src/migrations': 'a series of migrations: each is a file that never moves',
};

/** Files with more lines, and why. */
const largeFiles = {};

const SOURCE = /\.(?:tsx?|mjs|cjs|css|sql)$/;

export function checkSizes() {
  const files = ['apps', 'docs', 'packages', 'scripts'].flatMap(filesBelow);
  const findings = [...foldersIn(files), ...sourcesIn(files)];
  for (const finding of findings) console.error(finding);
  return findings.length === 0 ? 0 : 1;
}

function foldersIn(files) {
  const counts = new Map();
  for (const folder of files.map((file) => path.posix.dirname(file)))
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  return findingsOf(counts, largeFolders, MOST_FILES, 'files');
}

function sourcesIn(files) {
  const counts = files.filter((file) => SOURCE.test(file)).map((file) => [file, linesOf(file)]);
  return findingsOf(counts, largeFiles, MOST_LINES, 'lines');
}

function linesOf(file) {
  return readFileSync(path.join(root, file), 'utf8').split('\n').length - 1;
}

function findingsOf(counts, exceptions, most, unit) {
  return [...counts]
    .filter(([name, count]) => count > most && !(name in exceptions))
    .map(
      ([name, count]) => `${name}: ${count} ${unit}, at most ${most}: divide it by what it does`,
    );
}
