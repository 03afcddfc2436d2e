// A process that outlives its launcher by as long as it takes to clean up after it. See guard.ts.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { GuardMessage, Ward } from './guard';
import { end } from './processes';

const wards = new Map<number, Ward>();
const folders = new Set<string>();

// The pipe alone decides when we end: a signal to everybody in the terminal is not for us.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => undefined);

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => obey(JSON.parse(line) as GuardMessage));
lines.on('close', () => void cleanUp());

function obey(message: GuardMessage): void {
  switch (message.type) {
    case 'watch':
      wards.set(message.ward.pid, message.ward);
      break;
    case 'forget':
      wards.delete(message.pid);
      break;
    case 'remove':
      folders.add(message.folder);
      break;
  }
}

async function cleanUp(): Promise<void> {
  await endAll('app', 8_000);
  await endAll('store', 2_000);
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}

async function endAll(kind: Ward['kind'], graceMs: number): Promise<void> {
  const chosen = [...wards.values()].filter((ward) => ward.kind === kind);
  await Promise.all(
    chosen.map((ward) =>
      end(ward, [
        [ward.signal, graceMs],
        // PostgreSQL takes its own children along on SIGQUIT, which SIGKILL leaves to chance.
        [kind === 'store' ? 'SIGQUIT' : 'SIGKILL', 500],
        ['SIGKILL', 500],
      ]),
    ),
  );
}
