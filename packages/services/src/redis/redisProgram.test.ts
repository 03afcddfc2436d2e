import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { noticeOfAge } from './redisProgram';

const DAY_MS = 86_400_000;

test('a fetched Redis is reported once it is 90 days old, with what to do', () => {
  const cache = mkdtempSync(path.join(tmpdir(), 'fetched-redis-'));
  try {
    mkdirSync(path.join(cache, 'usr/bin'), { recursive: true });
    writeFileSync(path.join(cache, 'usr/bin/redis-server'), '');
    const fetched = Date.now();
    expect(noticeOfAge(cache, fetched + 89 * DAY_MS)).toBeUndefined();
    expect(noticeOfAge(cache, fetched + 91 * DAY_MS)).toMatch(
      /91 days old: delete .*fetched-redis-/,
    );
  } finally {
    rmSync(cache, { recursive: true });
  }
});
