import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { runningInstance } from '../dataDir/instanceFile';
import { isAlive } from '../processes/processes';

// Minimal replacements for server, worker and migrations: the launcher is under test.
const programs = {
  'apps/server/dist/main.js': `
    const server = require('node:http').createServer((_, answer) => answer.end('ok'));
    server.listen(Number(process.env.PORT), process.env.HOST);
    process.on('SIGTERM', () => { server.close(); server.closeAllConnections(); });`,
  'apps/worker/dist/main.js': `
    const busy = setInterval(() => undefined, 1000);
    process.on('SIGTERM', () => clearInterval(busy));`,
  'packages/db/dist/migrate.js': '',
};

const compiled = path.resolve(__dirname, '../../dist/start.js');

/**
 * Preloaded into the launcher: sends the signal at the first step that has not been hit before, and records the step.
 * A step is a change on disk or the start of a program. kill -9 can cut a write in half; Ctrl-C only hits some steps.
 */
const interrupter = `
const fs = require('node:fs');
const programs = require('node:child_process');
const path = require('node:path');
const { STEPS, FOLDER, SIGNAL } = process.env;
const original = { ...fs };
const names = new Map();
let isStruck = false;
function isNew(step) {
  if (isStruck || !(SIGNAL === 'SIGKILL' || /^(spawn|renameSync)/.test(step))) return false;
  const done = original.existsSync(STEPS) ? original.readFileSync(STEPS, 'utf8').split('\\n') : [];
  return !done.includes(step);
}
function strike(step) {
  isStruck = true;
  const fd = original.openSync(STEPS, 'a');
  original.writeSync(fd, step + '\\n');
  original.closeSync(fd);
  process.kill(process.pid, SIGNAL);
}
function label(file) {
  const name = typeof file === 'number' ? names.get(file) : String(file);
  if (name === undefined || !name.startsWith(FOLDER)) return undefined;
  return path.relative(FOLDER, name).replace(/setup-[^/]+/, 'setup').replace(/\\d{2,}/g, 'n');
}
for (const name of ['mkdirSync', 'mkdtempSync', 'openSync', 'renameSync', 'linkSync', 'rmSync']) {
  fs[name] = (first, ...rest) => {
    const result = original[name](first, ...rest);
    if (name === 'openSync') names.set(result, String(first));
    const of = label(name === 'renameSync' ? rest[0] : first);
    if (of !== undefined && isNew(name + ' ' + of)) strike(name + ' ' + of);
    return result;
  };
}
fs.writeFileSync = (file, content, options) => {
  const of = label(file);
  if (of === undefined || !isNew('half of ' + of)) return original.writeFileSync(file, content, options);
  original.writeFileSync(file, String(content).slice(0, Math.ceil(content.length / 2)), options);
  strike('half of ' + of);
};
const { spawn, spawnSync } = programs;
programs.spawn = (command, args, options) => {
  const child = spawn(command, args, options);
  const program = /node$/.test(command) ? args[0] : command;
  const step = 'spawn ' + program.split('/').slice(-3).join('/') + ' ' + (options.env?.PORT === undefined);
  if (isNew(step)) strike(step);
  return child;
};
const facts = ['PG_VERSION', 'pg_wal', 'postgresql.conf', 'pg_hba.conf', 'global/pg_control', 'base/1/PG_VERSION', 'base/4', 'base/5'];
programs.spawnSync = (command, args, options) => {
  // initdb either outlives the launcher, as when only the launcher is killed, or ends with it.
  const cuts = facts.flatMap((fact) => [{ fact, ends: true }, { fact, ends: false }]);
  const cut = /initdb$/.test(command) && cuts.find(({ fact, ends }) => isNew('initdb ' + fact + ' ' + ends));
  if (!cut) return spawnSync(command, args, options);
  const initdb = spawn(command, args, options);
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  while (!original.existsSync(path.join(options.cwd, cut.fact))) Atomics.wait(sleeper, 0, 0, 1);
  if (cut.ends) initdb.kill('SIGKILL');
  strike('initdb ' + cut.fact + ' ' + cut.ends);
};
`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'chasqui-first-start-'));
  writeFileSync(path.join(folder, 'interrupter.js'), interrupter);
  for (const [file, content] of Object.entries(programs)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), content);
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

interface Start {
  signal: NodeJS.Signals | null;
  code: number | null;
  output: string;
}

/** Starts an instance and waits until it ends. One that comes up is asked to stop. */
function startUntilItEnds(signal: NodeJS.Signals, onUp: () => void): Promise<Start> {
  const script = `require(${JSON.stringify(compiled)}).start({ root: ${JSON.stringify(folder)}, watch: false })`;
  const child = spawn(process.execPath, ['-r', path.join(folder, 'interrupter.js'), '-e', script], {
    env: {
      PATH: process.env.PATH,
      PORT: '0',
      STEPS: path.join(folder, 'steps'),
      FOLDER: path.join(folder, '.data'),
      SIGNAL: signal,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isUp = false;
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      if (isUp || !output.includes('Chasqui is running')) return;
      isUp = true;
      onUp();
      child.kill('SIGTERM');
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, endedBy) => resolve({ code, signal: endedBy, output }));
  });
}

test.each(['SIGKILL', 'SIGINT'] as const)(
  'the next start succeeds after %s has ended a first start at any step',
  async (signal) => {
    const steps = () =>
      existsSync(path.join(folder, 'steps'))
        ? readFileSync(path.join(folder, 'steps'), 'utf8').trim().split('\n')
        : [];
    let processes: readonly Parameters<typeof isAlive>[0][] = [];
    let isUp = false;
    // Each start passes the steps where earlier ones ended, so one folder covers all of them.
    while (!isUp) {
      const before = steps().length;
      const {
        code,
        signal: endedBy,
        output,
      } = await startUntilItEnds(signal, () => {
        isUp = steps().length === before;
        processes = runningInstance(path.join(folder, '.data'))?.processes ?? [];
      });
      const last = steps().at(-1) ?? 'none';
      if (isUp) break;
      expect({ last, output, struck: steps().length - before }).toMatchObject({ struck: 1 });
      expect({ last, output, endedBy, code }).toMatchObject(
        signal === 'SIGKILL' ? { endedBy: 'SIGKILL' } : { endedBy: null },
      );
    }
    expect(steps().length).toBeGreaterThanOrEqual(signal === 'SIGKILL' ? 28 : 10);
    for (const name of [
      'jwt-secret',
      'postgres/password',
      'postgres/app-password',
      'redis/password',
    ]) {
      const file = path.join(folder, '.data', name);
      expect(readFileSync(file, 'utf8').trim()).toHaveLength(64);
      expect(statSync(file).mode & 0o777).toBe(0o600);
    }
    expect(processes.length).toBeGreaterThan(5);
    expect(processes.filter(isAlive)).toEqual([]);
  },
  600_000,
);
