import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Runs a program in this terminal and resolves with its exit code. Forwards signals, so that no process outlives an
 * interrupted script.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const settle = (action) => {
      for (const signal of signals) process.off(signal, forward);
      action();
    };
    child.on('error', (error) => settle(() => reject(error)));
    child.on('exit', (code, signal) =>
      settle(() => {
        // The child was interrupted, so end this process too.
        if (signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP') process.exit(130);
        resolve(code ?? 1);
      }),
    );
  });
}

/** Runs the command of an installed package with this Node, ignoring PATH. */
export function runBin(script, args, options) {
  return run(process.execPath, [path.join(root, 'node_modules', script), ...args], options);
}

/**
 * Like `run`, but only one such program at a time in this folder: a killed start may have left one that is still
 * writing, and the next start waits for it. The operating system holds the lock until the program ends. Without
 * flock(1), as on macOS, the program runs without a lock.
 */
export function runAlone(command, args, options) {
  const folder = path.join(root, '.yarn');
  mkdirSync(folder, { recursive: true });
  const lock = path.join(folder, 'start.lock');
  // -F: flock executes the program in its place, so that signals reach it.
  const locks =
    spawnSync('flock', ['-F', `${lock}.probe`, 'true'], { stdio: 'ignore' }).status === 0;
  return locks
    ? run('flock', ['-F', lock, command, ...args], options)
    : run(command, args, options);
}

/** `runBin`, one at a time. */
export function runBinAlone(script, args, options) {
  return runAlone(process.execPath, [path.join(root, 'node_modules', script), ...args], options);
}

/** Writes a small file atomically. */
export function writeWhole(file, content) {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(`${file}.draft`, content);
  renameSync(`${file}.draft`, file);
}
