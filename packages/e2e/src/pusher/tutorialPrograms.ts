import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root } from '../dependencies/installed';

/** A running program of a tutorial. */
export interface TutorialProgram {
  /** What it has printed so far. */
  readonly lines: readonly string[];
  /** What it has printed as errors. */
  readonly errors: readonly string[];
}

/** The programs and commands of a tutorial, as written but for the ports in them. */
export interface Tutorial {
  /** The settings before `npm start`. */
  readonly settings: Record<string, string>;
  /** Replaces a port in everything that is started from now on. */
  replacePort(written: number, port: number): void;
  /** Starts a program by the name under which the reader saves it. */
  start(name: string, ...args: string[]): Promise<TutorialProgram>;
  /** Runs the first command that contains the text. */
  run(text: string): Promise<void>;
  close(): Promise<void>;
}

export async function openTutorial(page: string): Promise<Tutorial> {
  const text = await readFile(path.join(root, 'docs/tutorials', page), 'utf8');
  const commands = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);
  const programs = new Map(
    [...text.matchAll(/\bas\s+_(\w+\.mjs)_[\s\S]*?^```js\n([\s\S]*?)^```/gm)].map(
      ([, name = '', code = '']) => [name, code],
    ),
  );
  const ports = new Map<number, number>();
  const running: ChildProcess[] = [];
  const folder = await mkdtemp(path.join(tmpdir(), 'chasqui-tutorial-'));
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));

  function withPorts(code: string): string {
    let result = code;
    for (const [written, port] of ports)
      result = result.replace(new RegExp(`\\b${written}\\b`, 'g'), String(port));
    return result;
  }

  function commandWith(part: string): string {
    const command = commands.find((one) => one.includes(part));
    if (command === undefined) throw new Error(`${page} has no command with ${part}`);
    return command;
  }

  return {
    settings: Object.fromEntries(
      [...commandWith('npm start').matchAll(/(\w+)=(?:'([^']*)'|(\S+))/g)].map(
        ([, name = '', quoted, plain = '']) => [name, quoted ?? plain],
      ),
    ),
    replacePort: (written, port) => void ports.set(written, port),
    async start(name, ...args) {
      if (!programs.has(name)) throw new Error(`${page} has no program ${name}`);
      for (const [file, code] of programs)
        await writeFile(path.join(folder, file), withPorts(code));
      const child = spawn(process.execPath, [name, ...args], { cwd: folder });
      running.push(child);
      const lines: string[] = [];
      const errors: string[] = [];
      createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
      createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
      return { lines, errors };
    },
    async run(part) {
      await promisify(execFile)('sh', ['-ec', withPorts(commandWith(part))], { cwd: folder });
    },
    async close() {
      for (const child of running) child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
  };
}
