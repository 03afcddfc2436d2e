import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  fetchDebianPackage,
  findPort,
  has,
  identityOf,
  unpackedEnvironment,
} from '@chasqui/services';
import { guardOfThisFile } from '../instance/program';
import { endOrAnswer, lastLinesOf } from './startingServer';

/** A private nginx with the configuration in docker/. */
export interface NginxServer {
  readonly url: string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';
const PORTS_TRIED = 20;
const root = path.resolve(__dirname, '../../../..');
const template = path.join(root, 'docker/chasqui.conf.template');

/** Balances over two servers on these ports, which must run with NODE_NAME a and b. */
export async function startNginx(portA: number, portB: number): Promise<NginxServer> {
  const program = nginxProgram();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'chasqui-nginx-'));
  guardOfThisFile().removeAfterwards(folder);
  mkdirSync(path.join(folder, 'tmp'));
  for (let tries = 0; tries < PORTS_TRIED; tries += 1) {
    const port = await findPort(HOST);
    writeConfiguration(folder, { port, portA, portB });
    const started = await attempt(program, folder, `http://${HOST}:${port}`);
    if (started !== 'port taken') return started;
  }
  throw new Error(`${PORTS_TRIED} ports were in use`);
}

interface Ports {
  port: number;
  portA: number;
  portB: number;
}

function writeConfiguration(folder: string, { port, portA, portB }: Ports): void {
  const values = {
    CHASQUI_LISTEN: `${HOST}:${port}`,
    CHASQUI_A: `${HOST}:${portA}`,
    CHASQUI_B: `${HOST}:${portB}`,
  };
  // Like the nginx image: replaces the named variables and leaves nginx's own ones.
  const filled = Object.entries(values).reduce(
    (text, [name, value]) => text.replaceAll(`\${${name}}`, value),
    readFileSync(template, 'utf8'),
  );
  writeFileSync(path.join(folder, 'chasqui.conf'), filled);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path tmp/${name};`)
    .join(' ');
  writeFileSync(
    path.join(folder, 'nginx.conf'),
    `daemon off; pid nginx.pid; worker_processes 1; error_log stderr;
     events { worker_connections 1024; }
     http { access_log off; ${temporary} include ${folder}/chasqui.conf; }\n`,
  );
}

async function attempt(
  program: Program,
  folder: string,
  url: string,
): Promise<NginxServer | 'port taken'> {
  const guard = guardOfThisFile();
  const child = spawn(
    program.command,
    ['-p', folder, '-c', path.join(folder, 'nginx.conf'), '-e', 'stderr', '-g', runAs()],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { PATH: process.env.PATH, ...program.env } },
  );
  const identity = child.pid === undefined ? undefined : identityOf(child.pid);
  if (identity !== undefined) guard.watch({ ...identity, kind: 'app', signal: 'SIGTERM' });
  const outcome = await endOrAnswer({
    name: 'nginx',
    child,
    lastLines: lastLinesOf(child.stderr),
    answers: async () => (await fetch(`${url}/healthz`)).ok,
  });
  if (outcome === 'port taken') return outcome;
  return {
    url,
    async close() {
      await end(child);
      if (child.pid !== undefined) guard.forget(child.pid);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Under root, nginx workers would run as `nobody`, which cannot write to our folder. */
function runAs(): string {
  return process.getuid?.() === 0 ? 'user root;' : '';
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}

interface Program {
  command: string;
  env: Record<string, string>;
}

/** An nginx from the PATH, or a downloaded one. Throws an error that says what to install. */
function nginxProgram(): Program {
  const cache = path.join(root, 'node_modules/.cache/chasqui', `nginx-${process.arch}`);
  const found = onThePath() ?? unpackedIn(cache);
  if (found !== undefined) return found;
  if (has('apt-get') && has('dpkg')) fetchDebianPackage(cache, 'nginx-light', ['nginx']);
  const fetched = unpackedIn(cache);
  if (fetched !== undefined) return fetched;
  throw new Error('No nginx found and none could be downloaded: install nginx.');
}

function onThePath(): Program | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin'];
  return folders
    .map((folder) => ({ command: path.join(folder, 'nginx'), env: {} }))
    .find((program) => existsSync(program.command) && runs(program));
}

function unpackedIn(cache: string): Program | undefined {
  const command = path.join(cache, 'usr/sbin/nginx');
  if (!existsSync(command)) return undefined;
  const program = { command, env: unpackedEnvironment(cache) };
  return runs(program) ? program : undefined;
}

function runs({ command, env }: Program): boolean {
  return spawnSync(command, ['-v'], { env: { ...process.env, ...env } }).status === 0;
}
