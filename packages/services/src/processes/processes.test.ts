import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { end, identityOf, isAlive, runsIn } from './processes';

function sleeper(script = 'setInterval(() => undefined, 1000); console.log(1)') {
  return spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
}

test('a process is distinguished from a later one with the same id', async () => {
  const child = sleeper();
  const identity = identityOf(child.pid ?? 0);
  expect(identity && isAlive(identity)).toBe(true);
  expect(isAlive({ pid: child.pid ?? 0, startedAt: 'another time' })).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(identity && isAlive(identity)).toBe(false);
});

test('another program is not mistaken for ours', () => {
  expect(runsIn(process.pid, process.cwd(), /no such program/)).toBe(false);
  expect(runsIn(2 ** 22 + 1, process.cwd(), /node/)).toBe(false);
});

test('a process that ignores the first signal is ended by the next', async () => {
  const child = sleeper(
    `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); console.log(1)`,
  );
  await once(child.stdout, 'data');
  const identity = identityOf(child.pid ?? 0);
  if (identity === undefined) throw new Error('the process did not start');
  await end(identity, [
    ['SIGTERM', 100],
    ['SIGKILL', 5_000],
  ]);
  expect(isAlive(identity)).toBe(false);
});
