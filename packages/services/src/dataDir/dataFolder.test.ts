import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { prepareFolder } from './dataFolder';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'chasqui-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a folder is created with its parents, and a second call changes nothing', () => {
  const wanted = path.join(folder, 'a/b/c');
  prepareFolder(wanted);
  prepareFolder(wanted);
  expect(existsSync(wanted)).toBe(true);
});

test('an impossible folder is refused at once, in one line', () => {
  writeFileSync(path.join(folder, 'file'), '');
  expect(() => prepareFolder(path.join(folder, 'file/data'))).toThrow(
    /^DATA_DIR \S+ cannot be written to: part of the path is not a folder\.$/,
  );
  expect(() => prepareFolder('/proc/chasqui/data')).toThrow(
    /^DATA_DIR \S+ cannot be written to: [^\n]+\.$/,
  );
});
