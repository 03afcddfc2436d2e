import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  statSync,
} from 'node:fs';
import path from 'node:path';

const rotateAboveBytes = 20 * 1024 * 1024;

/** Where the output of a child goes: appended, with one older file kept beside it. */
export interface LogFile {
  path: string;
  fd: number;
  /** What has been written since the file was opened, without the lines that are JSON. */
  plainLines(): string[];
  close(): void;
}

export function openLog(file: string): LogFile {
  mkdirSync(path.dirname(file), { recursive: true });
  if (existsSync(file) && statSync(file).size > rotateAboveBytes) renameSync(file, `${file}.1`);
  const fd = openSync(file, 'a+', 0o600);
  const openedAt = fstatSync(fd).size;
  return {
    path: file,
    fd,
    plainLines() {
      const size = Math.min(fstatSync(fd).size - openedAt, 64 * 1024);
      const buffer = Buffer.alloc(size);
      readSync(fd, buffer, 0, size, openedAt);
      const lines = buffer.toString('utf8').split('\n');
      return lines.filter((line) => line.trim() !== '' && !line.startsWith('{'));
    },
    close: () => closeSync(fd),
  };
}
