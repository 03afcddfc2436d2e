import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.resolve(__dirname, '../../../..');

test('the public interface of the SDK is the one in api.md, which npm run api-report rewrites', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'chasqui-report-'));
  try {
    const file = path.join(folder, 'api.md');
    await promisify(execFile)(process.execPath, [
      path.join(root, 'scripts/publishing/apiReport.mjs'),
      file,
    ]);
    const report = readFileSync(file, 'utf8');
    // Users of a function can import the types of what it takes and returns.
    expect(report).not.toContain('ae-forgotten-export');
    expect(report).toBe(readFileSync(path.join(root, 'packages/sdk/api.md'), 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
