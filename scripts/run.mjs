import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/**
 * Runs a program with our terminal and resolves to its exit code. Signals that reach us are passed
 * on, so that nothing outlives an interrupted script.
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
        // The child was interrupted, and so are we.
        if (signal === 'SIGINT' || signal === 'SIGTERM' || signal === 'SIGHUP') process.exit(130);
        resolve(code ?? 1);
      }),
    );
  });
}

/** Runs the command of an installed package with this very Node, without looking at the PATH. */
export function runBin(script, args, options) {
  return run(process.execPath, [path.join(root, 'node_modules', script), ...args], options);
}
