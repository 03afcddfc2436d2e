import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createLog, openOutput } from './log';

test('a log that cannot be written does not end the process', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'chasqui-log-'));
  const file = path.join(folder, 'log');
  writeFileSync(file, '');
  // Each write fails, as on a full disk.
  const refusing = openSync(file, 'r');
  try {
    const log = createLog('info', openOutput(refusing));
    for (let i = 0; i < 3; i += 1) log.error({}, 'a line');
    expect(readFileSync(file, 'utf8')).toBe('');
  } finally {
    closeSync(refusing);
    rmSync(folder, { recursive: true });
  }
});
