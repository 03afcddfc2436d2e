import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { openThrowawayStores, type Stores } from './stores';

const cacheDir = path.resolve(__dirname, '../../../../node_modules/.cache/chasqui');

describe('stores below a folder that other accounts cannot enter', () => {
  let closed: string;
  let dataDir: string;
  let stores: Stores & { close(): Promise<void> };

  beforeAll(async () => {
    closed = mkdtempSync(path.join(os.tmpdir(), 'chasqui closed-'));
    chmodSync(closed, 0o700);
    dataDir = path.join(closed, 'data');
    stores = await openThrowawayStores({ dataDir, cacheDir });
  });

  afterAll(async () => {
    await stores.close();
    rmSync(closed, { recursive: true, force: true });
  });

  async function setting(sql: string): Promise<unknown> {
    const client = new Client({ connectionString: stores.databaseUrl });
    await client.connect();
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return Object.values(rows[0] ?? {})[0];
    } finally {
      await client.end();
    }
  }

  test('PostgreSQL runs with durable settings', async () => {
    expect(await setting('SHOW synchronous_commit')).toBe('on');
    expect(await setting('SHOW fsync')).toBe('on');
    expect(await setting('SHOW server_encoding')).toBe('UTF8');
    expect(await setting('SHOW listen_addresses')).toBe('127.0.0.1');
    expect(await setting('SHOW password_encryption')).toBe('scram-sha-256');
    expect(await setting("SELECT 'a' < 'B' COLLATE \"default\"")).toBe(false);
  });

  test('both refuse a wrong password', async () => {
    const url = new URL(stores.databaseUrl);
    url.password = 'guessed';
    const client = new Client({ connectionString: url.href });
    await expect(client.connect()).rejects.toThrow(/password authentication failed/);
    const { port } = new URL(stores.redisUrl);
    expect(() => redisCommand(port, 'PING')).toThrow(/NOAUTH/);
  });

  test('Redis evicts nothing and logs every write', () => {
    const { port, password } = new URL(stores.redisUrl);
    const ask = (name: string) => redisCommand(port, `AUTH ${password}`, `CONFIG GET ${name}`);
    expect(ask('maxmemory-policy')).toContain('noeviction');
    expect(ask('appendonly')).toContain('yes');
  });

  test('throwaway stores delete their folder', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'chasqui-thrown-away-'));
    const others = await openThrowawayStores({ dataDir: folder, cacheDir });
    await others.close();
    expect(existsSync(folder)).toBe(false);
  });
});

/** Sends commands over a plain socket, in a separate process, and returns the answers. */
function redisCommand(port: string, ...commands: string[]): string {
  const script = `
    const socket = require('node:net').connect(${port}, '127.0.0.1');
    socket.end(${JSON.stringify([...commands, 'QUIT', ''].join('\r\n'))});
    socket.pipe(process.stdout);`;
  const answer = execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' });
  if (answer.includes('-NOAUTH')) throw new Error(answer);
  return answer;
}
