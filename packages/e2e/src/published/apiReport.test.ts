import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const root = path.resolve(__dirname, '../../../..');

test('the public interface is the one in api.md (npm run api-report writes it)', async () => {
  const script = path.join(root, 'scripts/apiReport.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--print']);
  // Users of a function can import the types of what it takes and returns.
  expect(stdout).not.toContain('ae-forgotten-export');
  expect(stdout).toBe(readFileSync(path.join(root, 'packages/sdk/api.md'), 'utf8'));
});
