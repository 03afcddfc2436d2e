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

/** Receives the output of a child process. Appends, and keeps one older file. */
export interface LogFile {
  path: string;
  fd: number;
  /** The lines written since the file was opened, except JSON. */
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
