import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const script = path.resolve(__dirname, '../../../scripts/demo.mjs');

describe('npm run demo', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'chasqui-demo-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('[D1] on a fresh instance no message is lost, doubled or out of order', async () => {
    const { code, output } = await demo();
    const number = (row: string) => new RegExp(`^ *${row} +([\\d,]+)`, 'm').exec(output)?.[1];
    expect(output).toContain('Every message arrived once and in order.');
    expect(['sent', 'delivered', 'read'].map(number)).toEqual(['1,005', '1,005', '1,005']);
    expect(['lost', 'doubled', 'out of order'].map(number)).toEqual(['0', '0', '0']);
    for (const deed of ['server +kill -9', 'worker +kill -9', 'redis +FLUSHALL']) {
      expect(output).toMatch(new RegExp(deed));
    }
    expect(output).not.toContain('\u001b');
    const ours = output.slice(output.indexOf('Looking for an instance'));
    expect(ours.split('\n').filter((line) => line.length > 80)).toEqual([]);
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
  }, 180_000);

  /** Runs the demo without a terminal, on a data folder without a running instance. */
  function demo(): Promise<{ code: number | null; output: string }> {
    const child = spawn(process.execPath, [script], {
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        TMPDIR: folder,
        DATA_DIR: path.join(folder, 'none'),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    }
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
  }
});
